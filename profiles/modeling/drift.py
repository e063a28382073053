"""How much the members have changed between two models: the population stability index."""

from collections.abc import Mapping, Sequence

import numpy as np

from profiles.modeling.columns import Floats

BINS = 10
FLOOR = 1e-4
STABLE, SHIFTED = 0.1, 0.25
"""Below the first nothing changed, above the second much did: the usual reading of the index."""


def deciles(values: Floats) -> list[float]:
    """The different values that part the finite ones of these into ten like parts; none for nothing finite."""
    finite = values[np.isfinite(values)]
    return np.unique(np.quantile(finite, np.arange(1, BINS) / BINS)).tolist() if len(finite) else []


def shares(values: Floats, edges: Sequence[float]) -> list[float]:
    """The shares of the finite values between and on these edges, which matters where many values are the same.

    They add up to 1, or are all 0 for nothing finite.
    """
    finite = values[np.isfinite(values)]
    below, up_to = (np.searchsorted(np.asarray(edges), finite, side=side) for side in ("left", "right"))
    counts = np.bincount(below + up_to, minlength=2 * len(edges) + 1)
    return (counts / max(len(finite), 1)).tolist()


def stability_index(before: Sequence[float], now: Sequence[float]) -> float:
    """The population stability index of two rows of shares over the same bins; 0 for no change."""
    old, new = (np.maximum(np.asarray(each), FLOOR) for each in (before, now))
    return float(((new - old) * np.log(new / old)).sum())


def drift(before: Mapping[str, tuple[Sequence[float], Sequence[float]]], now: Mapping[str, Floats]) -> dict[str, float]:
    """The index of each feature that both know; `before` has its edges and shares, `now` its values."""
    return {
        name: round(stability_index(old, shares(now[name], edges)), 4)
        for name, (edges, old) in before.items()
        if name in now and sum(old) > 0
    }
