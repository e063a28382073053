"""What a group of people likes beside what everybody likes."""

import math
from collections.abc import Sequence

import msgspec

from recommend.serving import popular

PULL = 50.0
"""As if so much liking (`Event.engagement`) had come from everybody besides: groups that did little differ little."""


class GroupLiking(msgspec.Struct, frozen=True, array_like=True):
    """What a group liked lately: courses, how much each, and how much in all."""

    course_ids: list[int]
    liking: list[float]
    total: float


NOTHING = GroupLiking([], [], 0.0)


def everybodys_shares(platform_id: int | None) -> dict[int, float]:
    """Of all that was liked lately of a platform's courses (None: of all), the share of each course; above 0, in all
    at most 1.
    """
    everybody = popular.liked(platform_id)
    total = sum(everybody.liking) or 1.0
    return {course: value / total for course, value in zip(everybody.course_ids, everybody.liking, strict=True)}


def how_much_more(liking: GroupLiking, shares: dict[int, float]) -> dict[int, float]:
    """By which factor the group likes each course more than everybody (`shares`) does, shrunk towards 1."""
    own = dict(zip(liking.course_ids, liking.liking, strict=True))
    return {
        course: (own.get(course, 0.0) + PULL * share) / (liking.total + PULL) / share
        for course, share in shares.items()
    }


def weights(likings: Sequence[GroupLiking], platform_id: int | None) -> dict[int, float]:
    """Everybody's share of each course, times how much more of it each group has; nothing without a group.

    The highest is 1.
    """
    if not any(liking.total for liking in likings):
        return {}
    shares = everybodys_shares(platform_id)
    logs = {course: math.log(share) for course, share in shares.items()}
    for liking in likings:
        for course, factor in how_much_more(liking, shares).items():
            logs[course] += math.log(factor)
    highest = max(logs.values(), default=0.0)
    return {course: math.exp(value - highest) for course, value in logs.items()}


def together(likings: Sequence[GroupLiking]) -> GroupLiking:
    """Several groups as one: each counts alike, and all together tell no more than the one that did least.

    For groups that somebody belongs to, which mostly have the same people and say the same.
    """
    told = [liking for liking in likings if liking.total > 0]
    if not told:
        return NOTHING
    total = min(liking.total for liking in told)
    mean: dict[int, float] = {}
    for liking in told:
        for course, value in zip(liking.course_ids, liking.liking, strict=True):
            mean[course] = mean.get(course, 0.0) + value / liking.total / len(told) * total
    best_first = sorted(mean, key=lambda course: (-mean[course], course))
    return GroupLiking(best_first, [mean[course] for course in best_first], total)
