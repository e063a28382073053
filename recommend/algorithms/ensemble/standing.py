"""Scores of different algorithms made comparable: how far each course stands above the platform's average."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommend.algorithms.interactions import Float32Array, Int32Array

TINY = np.finfo(np.float32).tiny

Columns = slice | npt.NDArray[np.intp]


def columns_by_platform(platform_of_item: Int32Array) -> dict[int, Columns]:
    """The columns of each platform, as a slice where they are all of the columns."""
    platforms = np.unique(platform_of_item).tolist()
    if len(platforms) == 1:
        return {platforms[0]: slice(None)}
    return {platform: np.flatnonzero(platform_of_item == platform) for platform in platforms}


def moments(scores: Float32Array) -> tuple[Float32Array, Float32Array]:
    """The mean of each row and one over its standard deviation, 0 for a row of equals; both float32 (people, 1)."""
    mean = scores.mean(axis=1, keepdims=True)
    spread = scores.std(axis=1, keepdims=True)
    steepness = np.where(spread > 1e-6 * np.abs(mean) + TINY, 1 / np.maximum(spread, TINY), 0)
    return mean.astype(np.float32), steepness.astype(np.float32)


def standing(scores: Float32Array) -> Float32Array:
    """Each row with mean 0 and deviation 1, all 0 for a row of equals; float32 (people, columns)."""
    mean, steepness = moments(scores)
    return (scores - mean) * steepness
