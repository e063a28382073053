"""From features to traits: what a profile tells of each person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from profiles.modeling import hours
from profiles.modeling.columns import DAY, KINDS, Floats, Ints
from profiles.modeling.features import Features
from profiles.modeling.prices import TIERS
from profiles.modeling.profile_model import ProfileModel, score
from profiles.modeling.traits import Hours, Interest, Rfm, Spending, Traits

MOST_INTERESTS = 8
SMALLEST_INTEREST = 0.02
FEWEST_PRICED_LOOKS = 3
DIGITS = 4


@dataclass(frozen=True)
class Naming:
    """The names behind the columns of features."""

    categories: Sequence[str]
    topics: Sequence[str]
    platforms: Sequence[str]


@dataclass(frozen=True)
class _Estimates:
    """What a model adds for each person; NaN and -1 are unknown. part: the part of the day with the most learning."""

    percentile: Floats
    tier: Ints
    by_hour: list[list[float]]
    part: list[int]


def tell(
    features: Features, naming: Naming, timezones: Sequence[str], model: ProfileModel | None, now: float
) -> Iterator[Traits]:
    """The traits of each of these persons; without a model, what compares them with others stays unknown."""
    estimates = _estimates(features, model)
    platforms = _interests(naming.platforms, features.platforms)
    categories = _interests(naming.categories, features.categories)
    topics = _interests(naming.topics, features.topics)
    kinds = _interests(KINDS, features.kinds)
    for row, timezone in enumerate(timezones):
        yield Traits(
            events=int(features.events[row]),
            first_event=_moment(features.first[row]),
            last_event=_moment(features.last[row]),
            platforms=platforms[row],
            categories=categories[row],
            topics=topics[row],
            spending=_spending(features, row, estimates),
            rfm=_rfm(features, row, model, now),
            hours=_hours(features.visits[row], estimates, row, timezone),
            completed=int(features.completed[row]),
            completion=_share(features.completion[row]),
            breadth=round(float(features.breadth[row]), 2),
            trust=round(float(features.trust[row]), DIGITS),
            kinds=kinds[row],
        )


def _estimates(features: Features, model: ProfileModel | None) -> _Estimates:
    seen = hours.habit_counts(features.visits)
    if model is None:
        smoothed = hours.smoothed(seen)
        by_hour = smoothed[:, :24] + smoothed[:, 24:]
        percentile, tier = np.full(len(features), np.nan), np.full(len(features), -1)
    else:
        by_hour = hours.by_hour(model.habits, features.visits)
        looks = features.price_cells.sum(axis=1) / 2
        likeliest = model.tiers.membership(features.price_cells).argmax(axis=1)
        percentile, tier = model.percentile(features.spent), np.where(looks >= FEWEST_PRICED_LOOKS, likeliest, -1)
    part = hours.DAYPART_OF_HOUR[by_hour.argmax(axis=1)]
    return _Estimates(percentile, tier, by_hour.round(DIGITS).tolist(), part.tolist())


def _spending(features: Features, row: int, estimates: _Estimates) -> Spending:
    tier, gap = int(estimates.tier[row]), float(features.price_gap[row])
    return Spending(
        spent=round(float(features.spent[row])),
        orders=int(features.orders[row]),
        percentile=_share(estimates.percentile[row]),
        tier=TIERS[tier] if tier >= 0 else None,
        price_gap=round(gap, DIGITS) if np.isfinite(gap) else None,
        free_share=_share(features.free_share[row]),
    )


def _rfm(features: Features, row: int, model: ProfileModel | None, now: float) -> Rfm | None:
    last = float(features.last[row])
    if not np.isfinite(last):
        return None
    recency, frequency = max(now - last, 0.0) / DAY, float(features.active_days[row])
    monetary = float(features.spent[row])
    return Rfm(
        recency_days=round(recency, 2),
        frequency=int(frequency),
        monetary=round(monetary),
        recency_score=score(recency, model.recency, descending=True) if model else None,
        frequency_score=score(frequency, model.frequency) if model else None,
        monetary_score=score(monetary, model.monetary) if model else None,
    )


def _hours(visits: Floats, estimates: _Estimates, row: int, timezone: str) -> Hours:
    total = float(visits.sum())
    return Hours(
        timezone=timezone,
        habit=hours.DAYPARTS[estimates.part[row]] if total else None,
        by_hour=estimates.by_hour[row] if total else [],
        visits=visits.astype(np.int64).tolist(),
        weekend_share=_share(visits[5:].sum() / total) if total else None,
    )


def _interests(names: Sequence[str], shares: Floats) -> list[list[Interest]]:
    """The largest shares of each person, those first."""
    best = np.argsort(-shares, axis=1, kind="stable")[:, :MOST_INTERESTS]
    ranked = np.take_along_axis(shares, best, axis=1)
    counted = (ranked >= SMALLEST_INTEREST).sum(axis=1).tolist()
    rows = zip(best.tolist(), ranked.round(DIGITS).tolist(), counted)
    return [[Interest(names[at], share) for at, share in zip(ats[:n], each[:n])] for ats, each, n in rows]


def _share(value: float) -> float | None:
    return round(min(max(float(value), 0.0), 1.0), DIGITS) if np.isfinite(value) else None


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if np.isfinite(seconds) else None
