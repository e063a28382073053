"""In which situation somebody asks: how much they have done on the platform, and how much elsewhere."""

from __future__ import annotations

import numpy as np

from recommend.algorithms.interactions import Histories, Int32Array, Int64Array

OWN = np.array([1, 2, 4, 8, 16, 32])
"""Events on the platform of the courses that are ranked, from which each bucket but the first begins."""

ELSEWHERE = np.array([1, 8])
"""The same for events on other platforms."""

SHAPE = len(OWN) + 1, len(ELSEWHERE) + 1


def buckets(own: Int64Array, elsewhere: Int64Array) -> Int64Array:
    """The bucket of each count of events, an index into a flat table of `SHAPE`; int64 of the same shape."""
    rows = np.searchsorted(OWN, own, side="right")
    columns = np.searchsorted(ELSEWHERE, elsewhere, side="right")
    return rows * SHAPE[1] + columns


def of(histories: Histories, platform_of_item: Int32Array, platform: int) -> Int64Array:
    """The bucket of each person when courses of this platform are ranked, int64 (people,)."""
    is_own = platform_of_item[histories.items] == platform
    own = np.bincount(histories.people[is_own], minlength=len(histories))
    return buckets(own, np.diff(histories.offsets) - own)
