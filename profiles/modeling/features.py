"""Features of persons out of columns of events."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from profiles.modeling import hours, prices
from profiles.modeling.columns import DAY, KINDS, CourseColumns, EventColumns, Floats, Ints

HALF_LIFE_DAYS = 60.0
"""An interest that is not shown again weighs half after this time."""
COMPLETED_FROM = 0.8
"""The share from which a course counts as completed."""
VERIFIED = {"purchase": 1.0, "rating": 0.3, "comment": 0.3, "refund": -1.0, "view": 0.02, "click": 0.02}
"""What an act says for its being real, in purchases; completions weigh 0.8 times the share that was completed."""
COMPLETION_WEIGHT = 0.8
HALF_TRUST = 3.0
"""So many purchases' worth of verified acts make a trust of one half."""
SHRINKAGE = 4.0
"""A difference of prices counts half when it rests on so many purchases."""


@dataclass(frozen=True)
class Features:
    """Of each person, a row. Money is in minor units, times in epoch seconds, shares in [0, 1]; NaN is unknown.

    visits: (persons, 7, 24), beginnings of visits by weekday and hour. categories, topics, platforms, kinds: of shape
    (persons, n), rows add up to 1 or are all 0. price_cells: see `prices.price_cells`. liked_price: mean log price of
    what is met and costs something. price_gap: how much cheaper, in log units, what is bought is than what is met.
    breadth: effective number of categories. trust: how much of what is known is verified, 0 to 1.
    """

    events: Floats
    active_days: Floats
    orders: Floats
    spent: Floats
    first: Floats
    last: Floats
    visits: Floats
    categories: Floats
    topics: Floats
    platforms: Floats
    kinds: Floats
    price_cells: Floats
    free_share: Floats
    liked_price: Floats
    price_gap: Floats
    completion: Floats
    completed: Floats
    breadth: Floats
    trust: Floats

    def __len__(self) -> int:
        return len(self.events)


def features(events: EventColumns, courses: CourseColumns, edges: Floats, now: float) -> Features:
    """The features of all persons of these events, at the moment `now` (epoch seconds)."""
    everything = np.ones(len(events), dtype=bool)
    bought, returned = events.of_type("purchase"), events.of_type("refund")
    amount = np.nan_to_num(events.value)
    recent = events.engagement * 0.5 ** (np.clip(now - events.time, 0.0, None) / DAY / HALF_LIFE_DAYS)
    categories = _interests(events, courses, recent)
    completed = events.of_type("complete")
    n_completions = events.counted(completed)
    with np.errstate(invalid="ignore", divide="ignore"):
        completion = events.summed(amount, completed) / n_completions
    first, last = _span(events)
    free_share, liked_price, price_gap = _price_taste(events, courses)
    return Features(
        events=events.counted(everything),
        active_days=_active_days(events),
        orders=events.counted(bought),
        spent=events.summed(amount, bought) - events.summed(amount, returned),
        first=first,
        last=last,
        visits=hours.visits(events),
        categories=categories,
        topics=_topics(events, courses, recent),
        platforms=_shares(events.person, events.platform, np.ones(len(events)), (events.n_persons, events.n_platforms)),
        kinds=_kinds(events, courses, recent),
        price_cells=prices.price_cells(events, courses, edges),
        free_share=free_share,
        liked_price=liked_price,
        price_gap=price_gap,
        completion=completion,
        completed=events.counted(completed & (amount >= COMPLETED_FROM)),
        breadth=_breadth(categories),
        trust=_trust(events, amount),
    )


def together(parts: list[Features]) -> Features:
    """Features of several groups of persons, one after another."""
    names = Features.__dataclass_fields__
    return Features(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _shares(rows: Ints, columns: Ints, weights: Floats, shape: tuple[int, int]) -> Floats:
    summed = np.bincount(rows * shape[1] + columns, weights, shape[0] * shape[1]).reshape(shape)
    total = summed.sum(axis=1, keepdims=True)
    return np.divide(summed, total, out=np.zeros(shape), where=total > 0)


def _interests(events: EventColumns, courses: CourseColumns, weights: Floats) -> Floats:
    told = events.course >= 0
    told[told] = courses.category[events.course[told]] >= 0
    columns = courses.category[events.course[told]]
    return _shares(events.person[told], columns, weights[told], (events.n_persons, len(courses.categories)))


def _kinds(events: EventColumns, courses: CourseColumns, weights: Floats) -> Floats:
    told = events.course >= 0
    columns = courses.kind[events.course[told]]
    return _shares(events.person[told], columns, weights[told], (events.n_persons, len(KINDS)))


def _topics(events: EventColumns, courses: CourseColumns, weights: Floats) -> Floats:
    told = events.course >= 0
    place = (events.person[told], events.course[told])
    drawn = scipy.sparse.csr_array((weights[told], place), shape=(events.n_persons, len(courses)))
    summed: Floats = drawn @ courses.topics
    total = summed.sum(axis=1, keepdims=True)
    return np.divide(summed, total, out=np.zeros_like(summed), where=total > 0)


def _span(events: EventColumns) -> tuple[Floats, Floats]:
    first, last = np.full(events.n_persons, np.inf), np.full(events.n_persons, -np.inf)
    np.minimum.at(first, events.person, events.time)
    np.maximum.at(last, events.person, events.time)
    return np.where(np.isfinite(first), first, np.nan), np.where(np.isfinite(last), last, np.nan)


def _active_days(events: EventColumns) -> Floats:
    day = (events.local // DAY).astype(np.int64)
    day -= day.min(initial=0)
    days = int(day.max(initial=0)) + 1
    person = np.unique(events.person * days + day) // days
    return np.bincount(person, minlength=events.n_persons).astype(np.float64)


def _price_taste(events: EventColumns, courses: CourseColumns) -> tuple[Floats, Floats, Floats]:
    """Share of free courses among those met, mean log price of the paid ones, how much cheaper those bought are."""
    priced = events.course >= 0
    price = np.where(priced, courses.price[np.where(priced, events.course, 0)] if len(courses) else 0, -1)
    met = events.of_type("view", "click") & (price >= 0)
    paid, bought = met & (price > 0), events.of_type("purchase") & (price > 0)
    logarithm = np.log(np.maximum(price, 1).astype(np.float64))
    n_met, n_paid, n_bought = events.counted(met), events.counted(paid), events.counted(bought)
    with np.errstate(invalid="ignore", divide="ignore"):
        free_share = 1.0 - n_paid / n_met
        liked = events.summed(logarithm, paid) / n_paid
        gap = liked - events.summed(logarithm, bought) / n_bought
    return free_share, liked, gap * n_bought / (n_bought + SHRINKAGE)


def _breadth(shares: Floats) -> Floats:
    """The exponential of the entropy: as many categories as if all weighed the same; 0 for nothing known."""
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1)
    return np.where(shares.sum(axis=1) > 0, np.exp(entropy), 0.0)


def _trust(events: EventColumns, amount: Floats) -> Floats:
    weight = np.zeros(len(events))
    for name, each in VERIFIED.items():
        weight[events.of_type(name)] = each
    completed = events.of_type("complete")
    weight[completed] = COMPLETION_WEIGHT * amount[completed].clip(0.0, 1.0)
    verified = events.summed(weight, np.ones(len(events), dtype=bool)).clip(min=0.0)
    return verified / (verified + HALF_TRUST)
