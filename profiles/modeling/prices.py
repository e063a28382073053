"""What persons look at and buy by its price: bins of prices, and tiers of spending."""

import numpy as np

from profiles.modeling.columns import CODE, KINDS, NO_CATEGORY, CourseColumns, EventColumns, Floats, Ints
from profiles.modeling.latent_classes import LatentClasses, fit_from

PRICE_BINS = 6
"""How many parts of like size the paid catalogue is cut into by price; free courses are a bin of their own."""
TIERS = ("low", "mid", "high")
TIER_SHARES = (0.45, 0.37, 0.18)
"""Where the fitting begins: these shares of persons in the order of the prices they look at."""
FEWEST_LOOKS = 3
DRAWN = (0.0, 0.15, 0.35)
"""From which share of a person's other courses on a category counts as foreign, known and loved."""
FEW_OTHERS = 1.0


def price_edges(courses: CourseColumns) -> Floats:
    """The prices that part the bins, ascending: the first is 1, above what is free."""
    paid = courses.price[courses.price > 0]
    inner = np.quantile(paid, np.arange(1, PRICE_BINS) / PRICE_BINS) if len(paid) else np.zeros(0)
    return np.concatenate([[1.0], np.unique(inner[inner > 1.0])])


def price_cells(events: EventColumns, courses: CourseColumns, edges: Floats) -> Floats:
    """Courses met, by kind and bin, then those met that were bought and not, by bin and how much the person is drawn to
    their category: shape (persons, cells).

    Each course counts once for a person; what was bought was also met. Leaving a dear course is telling of a person's
    means only where the course would have been to their taste.
    """
    bins = len(edges) + 1
    person, course, is_bought = _met(events, courses)
    bin_of = np.searchsorted(edges, courses.price[course], side="right")
    cells_of_kinds = len(KINDS) * bins
    choice = (bin_of * len(DRAWN) + _drawn(person, courses.category[course], events.n_persons)) * 2 + is_bought
    width = cells_of_kinds + 2 * len(DRAWN) * bins
    cell = np.concatenate([courses.kind[course] * bins + bin_of, cells_of_kinds + choice])
    counts = np.bincount(np.tile(person, 2) * width + cell, minlength=events.n_persons * width)
    return counts.reshape(events.n_persons, width).astype(np.float64)


def price_blocks(edges: Floats) -> Ints:
    """Which cells of `price_cells` exclude one another: the bins of a kind, and bought or not in each situation."""
    bins = len(edges) + 1
    return np.concatenate(
        [np.repeat(np.arange(len(KINDS)), bins), len(KINDS) + np.repeat(np.arange(len(DRAWN) * bins), 2)]
    )


def _met(events: EventColumns, courses: CourseColumns) -> tuple[Ints, Ints, Ints]:
    """Each person and priced course that met, in order, with 1 where it was bought and 0 where not."""
    told = np.flatnonzero((events.course >= 0) & events.of_type("view", "click", "purchase"))
    told = told[courses.price[events.course[told]] >= 0]
    is_purchase = events.type[told] == CODE["purchase"]
    pair = events.person[told] * max(len(courses), 1) + events.course[told]
    # Bought or not is the lowest bit, so that one sort parts the pairs and puts a purchase last in each.
    ordered = np.sort(pair * 2 + is_purchase)
    last = ordered[np.diff(ordered >> 1, append=-1) != 0]
    person, course = np.divmod(last >> 1, max(len(courses), 1))
    return person, course, last & 1


def _drawn(person: Ints, category: Ints, n_persons: int) -> Ints:
    """How much each person is drawn to the category of each course they met, an index into `DRAWN`.

    It goes by their other courses: the share of these in the same category, nearer to none where there are few.
    """
    width = int(category.max(initial=NO_CATEGORY)) + 2
    cell = person * width + category + 1
    alike = np.bincount(cell, minlength=n_persons * width)[cell] - 1
    others = np.bincount(person, minlength=n_persons)[person] - 1
    share = alike / (others + FEW_OTHERS)
    share[category == NO_CATEGORY] = 0.0
    return np.searchsorted(DRAWN[1:], share, side="right")


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
