"""The rules of segments: conditions as typed, frozen structs, and how they stand in JSON (docs/segments.md)."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Scalar = bool | int | float | str
Values = Scalar | tuple[Scalar, ...]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in"]
Some = tuple[Text, ...]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Most = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Days = Annotated[float, msgspec.Meta(gt=0, le=3_660)]
Sum = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Least = Annotated[float, msgspec.Meta(gt=0, le=1)]


class AllOf(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every one of the conditions holds."""

    all: "tuple[Condition, ...]"


class AnyOf(msgspec.Struct, frozen=True, omit_defaults=True):
    """At least one of the conditions holds."""

    any: "tuple[Condition, ...]"


class NotOf(msgspec.Struct, frozen=True, omit_defaults=True, rename={"condition": "not"}):
    """The condition does not hold."""

    condition: "Condition"


class TraitIs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A trait of the profile (`profiles.segmentation.traits.TRAITS`) compares so with a value.

    What is not known of a person compares with nothing: then the condition does not hold, whatever the operator.
    """

    trait: Text
    op: Operator
    value: Values


class InterestedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"among": "in"}):
    """A category or topic has at least this share of what the person was drawn to; `in` says which of the two."""

    interest: Text
    at_least: Least
    among: Literal["categories", "topics"] | None = None


class Did(msgspec.Struct, frozen=True, omit_defaults=True):
    """The person did something so often, or for so much in all.

    Events count that cleaning left in, of all accounts that belong together. `within_days` looks back from now;
    `between` has two moments in ISO 8601: from the first until before the second. `course` is an item id on `platform`.
    With neither count nor sum, once is enough.
    """

    type: Some = ()
    category: Some = ()
    kind: Some = ()
    platform: Text | None = None
    course: Text | None = None
    at_least: Count | None = None
    at_most: Most | None = None
    sum_at_least: Sum | None = None
    within_days: Days | None = None
    between: tuple[str, str] | None = None

    @property
    def least(self) -> int | None:
        """How often it must have been done; None when only the most or the sum counts."""
        if self.at_least is None and self.at_most is None and self.sum_at_least is None:
            return 1
        return self.at_least


class DidIt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The condition around `Did`."""

    did: Did


class OnPlatform(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the person's accounts is on this platform (slug)."""

    platform: Text


class InSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The person belongs to another segment (key)."""

    segment: Text


class ConsentsTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the person's accounts agrees to this purpose."""

    consents: Literal["profiling", "recommendation", "cross_platform", "marketing"]


class AccountTraitIs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a platform tells of one of the person's accounts compares so with a value; `<`, say, with a number."""

    account_trait: Text
    op: Operator
    value: Values


Condition = (
    AllOf | AnyOf | NotOf | TraitIs | InterestedIn | DidIt | OnPlatform | InSegment | ConsentsTo | AccountTraitIs
)
Leaf = TraitIs | InterestedIn | DidIt | OnPlatform | InSegment | ConsentsTo | AccountTraitIs


def leaves(rule: Condition) -> Iterator[Leaf]:
    """All conditions in a rule that are not made of others."""
    if isinstance(rule, NotOf):
        yield from leaves(rule.condition)
    elif isinstance(rule, AllOf | AnyOf):
        for condition in rule.all if isinstance(rule, AllOf) else rule.any:
            yield from leaves(condition)
    else:
        yield rule


def segments_in(rule: Condition) -> set[str]:
    """The keys of the segments that a rule asks about."""
    return {leaf.segment for leaf in leaves(rule) if isinstance(leaf, InSegment)}


def windows_in(rule: Condition) -> set[float]:
    """The lengths (days) of the windows in a rule that move with time."""
    return {
        leaf.did.within_days for leaf in leaves(rule) if isinstance(leaf, DidIt) and leaf.did.within_days is not None
    }


def asks_profiles(rule: Condition) -> bool:
    """Whether a rule asks about traits or interests, which profiles hold."""
    return any(isinstance(leaf, TraitIs | InterestedIn) for leaf in leaves(rule))


def asks_courses(rule: Condition) -> bool:
    """Whether a rule asks about categories or kinds, which platforms tell of courses at any time."""
    return any(isinstance(leaf, DidIt) and (leaf.did.category or leaf.did.kind) for leaf in leaves(rule))


def document(rule: Condition) -> dict[str, Any]:
    """A rule as JSON values, in the shortest form that `parse` reads."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rule))
    return found
