"""Which courses a batch is good for, as a document that people can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec


class ScopeBroken(ValueError):
    """The document is none; the message says where."""


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """What a scope asks about an item of an order; empty where nobody has described it."""

    platform: str
    item_id: str
    kind: str = ""
    category: str = ""
    teacher: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Courses by what they are: each list that is not empty must name the course; tags, one of its tags."""

    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    courses: tuple[tuple[str, str], ...] = ()

    def holds(self, course: CourseFacts) -> bool:
        """Whether all lists name the course; those that are empty name every course."""
        return (
            (not self.platforms or course.platform in self.platforms)
            and (not self.kinds or course.kind in self.kinds)
            and (not self.categories or course.category in self.categories)
            and (not self.teachers or course.teacher in self.teachers)
            and (not self.tags or not course.tags.isdisjoint(self.tags))
            and (not self.courses or (course.platform, course.item_id) in self.courses)
        )


class Scope(Named, frozen=True, forbid_unknown_fields=True):
    """The courses that are named, without those that any entry of `excluding` names.

    `courses` are pairs of a platform's slug and its item id.
    """

    excluding: tuple[Named, ...] = ()

    def includes(self, course: CourseFacts) -> bool:
        """Whether a coupon is good for this course."""
        return self.holds(course) and not any(each.holds(course) for each in self.excluding)


def read(document: Mapping[str, Any]) -> Scope:
    """The scope of a document; `{}` is everything. Raises `ScopeBroken`."""
    try:
        return msgspec.convert(dict(document), Scope)
    except msgspec.ValidationError as error:
        raise ScopeBroken(str(error)) from None
