"""What a profile tells of a person, as stored and as partners read it."""

from datetime import datetime
from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Interest(msgspec.Struct, frozen=True):
    """A category, topic, platform or kind of course, and its share of what the person was drawn to lately."""

    name: str
    share: Share


class Spending(msgspec.Struct, frozen=True):
    """Money in minor units of the platforms' usual currency, refunds taken off.

    tier: `low`, `mid` or `high`, by what is looked at and bought; None for too few looks. percentile: the share of
    members who spent less. price_gap: by which factor (logarithm) the courses bought are cheaper than those looked at,
    shrunk towards 0 while there are few; above 0 the person minds prices. free_share: of the courses looked at.
    """

    spent: int
    orders: int
    percentile: Share | None
    tier: str | None
    price_gap: float | None
    free_share: Share | None


class Rfm(msgspec.Struct, frozen=True):
    """Recency (days since the last event), frequency (days with an event), monetary (what was spent); scores 1 to 5."""

    recency_days: float
    frequency: int
    monetary: int
    recency_score: int | None
    frequency_score: int | None
    monetary_score: int | None


class Hours(msgspec.Struct, frozen=True):
    """When the person learns, on their own clock.

    habit: the part of the day with the most learning, as expected from the visits; None for none. by_hour: the expected
    share of each hour. visits: beginnings of visits by weekday (Monday first) and hour. weekend_share: of the visits.
    """

    timezone: str
    habit: str | None
    by_hour: list[float]
    visits: list[list[int]]
    weekend_share: Share | None


class Traits(msgspec.Struct, frozen=True):
    """Everything a profile tells.

    completion: the mean share completed. breadth: the effective number of categories. trust: how much of what is known
    is verified by purchases, completions and opinions. kinds: of courses (audio and so on), as shares.
    """

    events: int
    first_event: datetime | None
    last_event: datetime | None
    platforms: list[Interest]
    categories: list[Interest]
    topics: list[Interest]
    spending: Spending
    rfm: Rfm | None
    hours: Hours
    completed: int
    completion: Share | None
    breadth: float
    trust: Share
    kinds: list[Interest] = []
