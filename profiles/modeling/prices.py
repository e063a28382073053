"""What persons look at and buy by its price: bins of prices, and tiers of spending."""

import numpy as np

from profiles.modeling.columns import KINDS, CourseColumns, EventColumns, Floats, Ints
from profiles.modeling.latent_classes import LatentClasses, fit_from

PRICE_BINS = 6
"""How many parts of like size the paid catalogue is cut into by price; free courses are a bin of their own."""
TIERS = ("low", "mid", "high")
TIER_SHARES = (0.45, 0.37, 0.18)
"""Where the fitting begins: these shares of persons in the order of the prices they look at."""
FEWEST_LOOKS = 3


def price_edges(courses: CourseColumns) -> Floats:
    """The prices that part the bins, ascending: the first is 1, above what is free."""
    paid = courses.price[courses.price > 0]
    inner = np.quantile(paid, np.arange(1, PRICE_BINS) / PRICE_BINS) if len(paid) else np.zeros(0)
    return np.concatenate([[1.0], np.unique(inner[inner > 1.0])])


def price_cells(events: EventColumns, courses: CourseColumns, edges: Floats) -> Floats:
    """Courses met, by kind and bin, then those met in each bin that were bought and not, shape (persons, cells).

    Each course counts once for a person; what was bought was also met.
    """
    bins = len(edges) + 1
    priced = events.course >= 0
    priced[priced] = courses.price[events.course[priced]] >= 0
    met = priced & events.of_type("view", "click", "purchase")
    looked = np.unique(events.person[met] * max(len(courses), 1) + events.course[met])
    paid = priced & events.of_type("purchase")
    bought_pairs = np.unique(events.person[paid] * max(len(courses), 1) + events.course[paid])
    person, course = np.divmod(looked, max(len(courses), 1))
    bin_of = np.searchsorted(edges, courses.price[course], side="right")
    is_bought = np.isin(looked, bought_pairs)
    cells = np.zeros((events.n_persons, len(KINDS) * bins + 2 * bins))
    np.add.at(cells, (person, courses.kind[course] * bins + bin_of), 1.0)
    np.add.at(cells, (person, len(KINDS) * bins + 2 * bin_of + is_bought), 1.0)
    return cells


def price_blocks(edges: Floats) -> Ints:
    """Which cells of `price_cells` exclude one another: the bins of a kind, and bought or not in a bin."""
    bins = len(edges) + 1
    return np.concatenate([np.repeat(np.arange(len(KINDS)), bins), len(KINDS) + np.repeat(np.arange(bins), 2)])


def fit_tiers(cells: Floats, edges: Floats) -> LatentClasses:
    """Three tiers in the order of what they spend, out of `price_cells` (persons, cells)."""
    cells = cells[cells.sum(axis=1) >= 2 * FEWEST_LOOKS]
    rank = (np.argsort(np.argsort(_liked_height(cells, edges))) + 0.5) / max(len(cells), 1)
    group = np.digitize(rank, np.cumsum(TIER_SHARES)[:-1])
    start = np.eye(len(TIERS))[group] * 0.8 + 0.2 / len(TIERS)
    return _ordered(fit_from(cells, price_blocks(edges), start), edges)


def _liked_height(cells: Floats, edges: Floats) -> Floats:
    """By how many bins what each person meets is dearer than what everybody meets of the same kind."""
    bins = np.arange(len(edges) + 1)
    met = cells[:, : len(KINDS) * len(bins)].reshape(-1, len(KINDS), len(bins))
    by_kind = met.sum(axis=0)
    usual = by_kind @ bins / np.maximum(by_kind.sum(axis=1), 1.0)
    return (met * (bins[None, :] - usual[:, None])).sum(axis=(1, 2)) / np.maximum(met.sum(axis=(1, 2)), 1.0)


def _ordered(tiers: LatentClasses, edges: Floats) -> LatentClasses:
    """The same classes, those that look at dearer courses later."""
    bins = len(edges) + 1
    height = tiers.chances[:, : len(KINDS) * bins] @ np.tile(np.arange(bins), len(KINDS))
    order = np.argsort(height)
    return LatentClasses(tiers.weights[order], tiers.chances[order], tiers.blocks)
