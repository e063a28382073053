"""The rules of a placement: which stages make its list, and what each of them may do.

Everything is optional: what is left out is as the defaults here say. `recommend.placements.reading` reads and checks
the JSON that a placement is kept as.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class Stage(StrEnum):
    """What a placement can do without: sources of candidates, the ranking, each rule, and exploring."""

    MODEL = "model"
    SIMILAR = "similar"
    SAME_CATEGORY = "same_category"
    SEGMENT = "segment"
    POPULAR = "popular"
    NEW = "new"
    RANKING = "ranking"
    MET = "met"
    BOUGHT = "bought"
    OFFER = "offer"
    MEMBERS = "members"
    FRESHNESS = "freshness"
    BOOSTS = "boosts"
    POPULARITY = "popularity"
    DIVERSITY = "diversity"
    LIMITS = "limits"
    PINS = "pins"
    EXPLORATION = "exploration"


Text = Annotated[str, Meta(min_length=1, max_length=200)]
Texts = Annotated[list[Text], Meta(max_length=200)]
Days = Annotated[int, Meta(ge=1, le=3650)]
Price = Annotated[int, Meta(ge=0, le=10**12)]
Count = Annotated[int, Meta(ge=1, le=50)]
Share = Annotated[float, Meta(ge=0, le=1)]
Key = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Keys = Annotated[list[Key], Meta(max_length=500)]


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all rules."""


class Which(_Rule, frozen=True):
    """Some courses: by what they are, or one by one (`courses`: keys).

    platforms: slugs. Lists that are empty ask nothing.
    """

    categories: Texts = []
    kinds: Texts = []
    teachers: Texts = []
    tags: Texts = []
    platforms: Texts = []
    languages: Texts = []
    courses: Keys = []

    @property
    def asks_nothing(self) -> bool:
        """Whether no list has anything in it."""
        return not any(getattr(self, name) for name in self.__struct_fields__)


class Met(_Rule, frozen=True):
    """Courses that the person has met are left out; back_after_days: until so long ago (None: for good)."""

    back_after_days: Days | None = None


class Bought(_Rule, frozen=True):
    """Courses that the person has bought, and not given back, are left out; back_after_days as for `Met`."""

    back_after_days: Days | None = None


class Offer(_Rule, frozen=True):
    """Which courses may be shown at all.

    only: those that fit every list given. never: none that is in any list given. cheapest, dearest: in minor units;
    courses without a price are shown only where `unpriced`. published_within_days: none that is older, or of unknown
    age.
    """

    only: Which = Which()
    never: Which = Which()
    cheapest: Price | None = None
    dearest: Price | None = None
    unpriced: bool = True
    published_within_days: Days | None = None


class MembersOnly(_Rule, frozen=True):
    """These courses are shown to members of a segment (its key) alone."""

    segment: Text
    which: Which


class Freshness(_Rule, frozen=True):
    """The score of a course published just now is multiplied by `factor`, and by less the older it is.

    half_life_days: after so long, half of what the factor adds is left.
    """

    factor: Annotated[float, Meta(ge=1, le=100)] = 1.0
    half_life_days: Days = 14


class Boost(_Rule, frozen=True):
    """The scores of these courses are multiplied: by more than 1 they rise, by less they are buried."""

    which: Which
    factor: Annotated[float, Meta(ge=0.001, le=1000)]


class Popularity(_Rule, frozen=True):
    """What everybody is shown gives way to what fits just this person.

    strength: 0 leaves the ranking alone; the larger, the more is taken from the scores of popular courses.
    """

    strength: Share = 0.02


class Diversity(_Rule, frozen=True):
    """Courses that resemble those above them give way.

    category, teacher: how much of its score a course loses for each course above it of the same one, as a share.
    """

    category: Share = 0.002
    teacher: Share = 0.005


class Limits(_Rule, frozen=True):
    """At most so many of one kind in a list; None is no limit. Courses that name no category or teacher are free."""

    per_category: Count | None = None
    per_teacher: Count | None = None
    per_kind: Count | None = None
    per_platform: Count | None = None


class Pin(_Rule, frozen=True):
    """A course (its key) always stands at this place, counted from 1, where it may be shown at all."""

    course: Key
    place: Count


class Exploration(_Rule, frozen=True):
    """share: of how many places others than the best may be given a chance."""

    share: Share = 0.03


class PlacementRules(_Rule, frozen=True):
    """All rules of a placement. off: the stages that it does without."""

    off: list[Stage] = []
    met: Met = Met()
    bought: Bought = Bought()
    offer: Offer = Offer()
    members: Annotated[list[MembersOnly], Meta(max_length=50)] = []
    freshness: Freshness = Freshness()
    boosts: Annotated[list[Boost], Meta(max_length=50)] = []
    popularity: Popularity = Popularity()
    diversity: Diversity = Diversity()
    limits: Limits = Limits()
    pins: Annotated[list[Pin], Meta(max_length=50)] = []
    exploration: Exploration = Exploration()

    def has(self, stage: Stage) -> bool:
        """Whether this stage is switched on."""
        return stage not in self.off
