"""Answers, and which of their courses were followed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Purpose
from accounts.models.linked_account import consenting_to
from recommend.exploring.notes import Tried, tried_in
from recommend.following import CLOCKS_DIFFER, followings
from recommend.models import Recommendation

WAIT = timedelta(minutes=30)
"""So long after an answer one of its courses may be followed; then it counts as not followed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer to a known person, and which of its courses they followed in time."""

    answer_id: UUID
    platform_id: int
    account_id: int
    placement: str
    model_id: UUID | None
    course_ids: list[int]
    propensities: list[float]
    context: Mapping[str, Any]
    created_at: datetime
    followed: frozenset[int]


def outcomes(
    after: datetime,
    until: datetime,
    most: int,
    slot: tuple[int, str] | None = None,
    latest: bool = False,
) -> list[Outcome]:
    """The first `most` answers (or the `latest`) of after < time <= until, in order of time, with what came of each
    within `WAIT`. slot: of this platform and placement alone.

    Of persons who agree to recommendations now; others, and visitors, leave no events that could tell.
    """
    answers = Recommendation.objects.filter(created_at__gt=after, created_at__lte=until)
    answers = answers.filter(consenting_to(Purpose.RECOMMENDATION, path="account__")).exclude(propensities=[])
    if slot is not None:
        answers = answers.filter(platform=slot[0], placement=slot[1])
    if latest:
        found = list(answers.order_by("-created_at", "-pk")[:most])[::-1]
    else:
        found = list(answers.order_by("created_at", "pk")[:most])
    if not found:
        return []
    followed = _followed(found)
    return [_outcome(answer, followed.get(str(answer.pk), [])) for answer in found]


def draws(found: Iterable[Outcome]) -> Iterator[tuple[Outcome, Tried]]:
    """Of each draw of answers that were explored, the longest answer, with what came of all of its answers.

    Whoever loads a page again within minutes is shown the same draw once more, or more or less of it: that is no
    further trial. Where the bandit, the model or the rules have changed in between, the seed is another one.
    """
    by_draw: dict[_Draw, list[Outcome]] = defaultdict(list)
    tried_by: dict[UUID, Tried] = {}
    for outcome in found:
        tried = tried_in(outcome.context)
        if tried is not None:
            tried_by[outcome.answer_id] = tried
            by_draw[outcome.account_id, tried.seed].append(outcome)
    for same in by_draw.values():
        longest = max(same, key=lambda each: len(each.course_ids))
        followed: frozenset[int] = frozenset().union(*(each.followed for each in same))
        yield replace(longest, followed=followed), tried_by[longest.answer_id]


_Draw = tuple[int, str]
"""Account and seed."""

_Following = tuple[int, int, datetime]
"""Account, course and time."""


def _followed(answers: list[Recommendation]) -> dict[str, list[_Following]]:
    """What these accounts did in this time that names where it came from, by the answer that it names."""
    first, last = answers[0].created_at, answers[-1].created_at
    events = followings().filter(account__in={answer.account_id for answer in answers})
    events = events.filter(timestamp__gte=first - CLOCKS_DIFFER, timestamp__lte=last + WAIT)
    found: dict[str, list[_Following]] = defaultdict(list)
    fields = ("context__recommendation_id", "account_id", "course_id", "timestamp")
    for answer, account, course, time in events.values_list(*fields):
        found[str(answer)].append((account, course, time))
    return found


def _outcome(answer: Recommendation, followings: list[_Following]) -> Outcome:
    from_when, until_when = answer.created_at - CLOCKS_DIFFER, answer.created_at + WAIT
    shown = set(answer.course_ids)
    return Outcome(
        answer.pk,
        answer.platform_id,
        answer.account_id or 0,
        answer.placement,
        answer.model_id,
        answer.course_ids,
        answer.propensities,
        answer.context,
        answer.created_at,
        frozenset(
            course
            for account, course, time in followings
            if account == answer.account_id and course in shown and from_when <= time <= until_when
        ),
    )
