"""The scores of candidates' sources, on a scale that means the same in every list."""

import numpy as np

from recommend.algorithms.interactions import Float32Array

FARTHEST = 6.0
SMALLEST_SPREAD = 1e-9
MOST_COMPARED = 500
"""So many of a source's best are what its scores are measured against."""


def on_scale_of(scores: Float32Array, candidates: Float32Array) -> Float32Array:
    """A source's scores, float32 (n,), less the mean of the best candidates' scores and divided by their spread.

    NaN, where the source has nothing to say, stays; a source that gives all the same says 0.
    """
    said = candidates[np.isfinite(candidates)].astype(np.float64)
    if len(said) > MOST_COMPARED:
        said = np.partition(said, len(said) - MOST_COMPARED)[-MOST_COMPARED:]
    found = np.where(np.isfinite(scores), scores, np.nan).astype(np.float64)
    spread = said.std() if len(said) else 0.0
    found = np.clip((found - said.mean()) / spread, -FARTHEST, FARTHEST) if spread > SMALLEST_SPREAD else found * 0
    return found.astype(np.float32)


def source_features(scores: Float32Array) -> Float32Array:
    """Standardised scores (sources, n) as features of the candidates: each score (0 for none) and whether there is one.

    float32 (n, 2 * sources).
    """
    missing = np.isnan(scores)
    return np.concatenate([np.where(missing, 0, scores), ~missing]).T.astype(np.float32)
