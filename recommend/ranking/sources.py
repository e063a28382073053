"""The scores of candidates' sources, on a scale that means the same in every list."""

import numpy as np

from recommend.algorithms.interactions import Float32Array

FARTHEST = 6.0


def standardised(scores: Float32Array) -> Float32Array:
    """Scores of each source, float32 (sources, n), with mean 0 and spread 1 over the candidates it speaks of.

    NaN, where a source has nothing to say, stays; a source that gives all the same says 0.
    """
    found = np.full(scores.shape, np.nan, np.float32)
    for row, own in zip(found, scores, strict=True):
        said = np.isfinite(own)
        if not said.any():
            continue
        values = own[said].astype(np.float64)
        spread = values.std()
        row[said] = np.clip((values - values.mean()) / spread, -FARTHEST, FARTHEST) if spread > 1e-9 else 0
    return found


def source_features(scores: Float32Array) -> Float32Array:
    """Standardised scores (sources, n) as features of the candidates: each score (0 for none) and whether there is one.

    float32 (n, 2 * sources).
    """
    missing = np.isnan(scores)
    return np.concatenate([np.where(missing, 0, scores), ~missing]).T.astype(np.float32)
