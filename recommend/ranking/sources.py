"""The scores of candidates' sources, on a scale that means the same in every list."""

import numpy as np

from recommend.algorithms.interactions import Float32Array

FARTHEST = 6.0


def standardised(scores: Float32Array) -> Float32Array:
    """Scores of each source, float32 (sources, n), against all candidates it speaks of; see `on_scale_of`."""
    return np.stack([on_scale_of(own, own) for own in scores]) if len(scores) else scores


def on_scale_of(scores: Float32Array, candidates: Float32Array) -> Float32Array:
    """A source's scores, float32 (n,), less the mean of these candidates' scores and divided by their spread.

    NaN, where the source has nothing to say, stays; a source that gives all the same says 0.
    """
    said = candidates[np.isfinite(candidates)].astype(np.float64)
    found = np.where(np.isfinite(scores), scores, np.nan).astype(np.float64)
    spread = said.std() if len(said) else 0.0
    found = np.clip((found - said.mean()) / spread, -FARTHEST, FARTHEST) if spread > 1e-9 else found * 0
    return found.astype(np.float32)


def source_features(scores: Float32Array) -> Float32Array:
    """Standardised scores (sources, n) as features of the candidates: each score (0 for none) and whether there is one.

    float32 (n, 2 * sources).
    """
    missing = np.isnan(scores)
    return np.concatenate([np.where(missing, 0, scores), ~missing]).T.astype(np.float32)
