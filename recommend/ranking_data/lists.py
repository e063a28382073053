"""Lists that were shown, as they were noted, and what came of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import F, FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Extract

from accounts.models import Purpose
from accounts.models.linked_account import consenting_to
from profiles.modeling.features import COMPLETED_FROM
from recommend.algorithms.interactions import Float32Array, Int32Array, Int64Array
from recommend.following import CLOCKS_DIFFER, followings
from recommend.models import Recommendation
from recommend.ranking.config import HEADS
from recommend.ranking.courses import DAY
from recommend.ranking.examples import BoolArray
from recommend.ranking_data.deeds import COMPLETION, PURCHASE, Deeds
from recommend.ranking_data.people import People

CHUNK = 2_000
CLICK_DAYS = 1.0
"""After so many days nobody clicks on a list any more."""
OUTCOME_DAYS = 14.0
"""Purchases and completions so many days after the list count, of courses that were clicked."""
SAME_LIST_WITHIN = timedelta(minutes=10)
"""The same courses in the same place, shown again so soon, are one list."""
MOST_LISTS = 20_000
"""So many lists are looked at, the latest ones."""


@dataclass(frozen=True)
class Shown:
    """One list, and what came of it.

    moment: epoch seconds. hour, weekday: where the platform is. courses: rows of the catalogue, int64 (n,). places:
    int32 (n,). came: float32 (n, heads); is_known: bool (n, heads), whether it can be told yet.
    others: so many courses that could have been recommended as well are to be set beside these.
    """

    account: int
    platform: int
    placement: str
    device: str
    hour: int
    weekday: int
    moment: float
    courses: Int64Array
    places: Int32Array
    came: Float32Array
    is_known: BoolArray
    others: int = 0


def read(people: People, deeds: Deeds, course_ids: Int64Array, since: datetime, until: float) -> list[Shown]:
    """The latest lists from `since` on; `until` (epoch seconds) is the moment until which outcomes are known."""
    answers = Recommendation.objects.filter(consenting_to(Purpose.RECOMMENDATION, path="account__"))
    answers = answers.filter(created_at__gte=since).order_by("-created_at", "pk").select_related("platform").only(
        "account_id", "placement", "course_ids", "context", "created_at", "platform__slug", "platform__timezone"
    )  # fmt: skip
    answered = [answer for answer in answers[:MOST_LISTS] if answer.account_id in people.group_of]
    lists = _without_reloads(reversed(answered))
    clicks = _clicks(since, {answer.pk: first.pk for first, same in lists for answer in same})
    shown = [_shown(first, clicks, people, deeds, course_ids, until) for first, _same in lists]
    return [each for each in shown if len(each.courses)]


def _without_reloads(answers: Iterable[Recommendation]) -> list[tuple[Recommendation, list[Recommendation]]]:
    """Each list once, with all the answers that showed it: who loads a page again is shown the same list once more."""
    lists: list[tuple[Recommendation, list[Recommendation]]] = []
    latest: dict[tuple[Any, ...], tuple[Recommendation, list[Recommendation]]] = {}
    for answer in answers:
        key = (answer.account_id, answer.platform_id, answer.placement, tuple(answer.course_ids))
        known = latest.get(key)
        if known is not None and answer.created_at - known[0].created_at <= SAME_LIST_WITHIN:
            known[1].append(answer)
            continue
        latest[key] = (answer, [answer])
        lists.append(latest[key])
    return lists


Clicks = dict[tuple[str, int, int], float]
"""(first answer with a list, account, course) -> the moment of the first event that names an answer with the list."""


def _clicks(since: datetime, first_of: Mapping[UUID, UUID]) -> Clicks:
    firsts = {str(answer): str(first) for answer, first in first_of.items()}
    named = (
        followings()
        .filter(timestamp__gte=since - CLOCKS_DIFFER)
        .annotate(
            answer=KeyTextTransform("recommendation_id", "context"),
            seconds=Cast(Extract(F("timestamp"), "epoch", tzinfo=UTC), FloatField()),
        )
    )
    found: Clicks = {}
    columns = named.order_by("-timestamp").values_list("answer", "account_id", "course_id", "seconds")
    for answer, account, course, seconds in columns.iterator(chunk_size=CHUNK):
        name = str(answer).lower()
        found[firsts.get(name, name), account, course] = seconds
    return found


def _shown(
    answer: Recommendation, clicks: Clicks, people: People, deeds: Deeds, course_ids: Int64Array, until: float
) -> Shown:
    account, moment = int(answer.account_id or 0), answer.created_at.timestamp()
    wanted = np.array([pk for pk in answer.course_ids if isinstance(pk, int)], dtype=np.int64)
    rows = np.searchsorted(course_ids, wanted).clip(max=max(len(course_ids) - 1, 0))
    places = np.flatnonzero(course_ids[rows] == wanted) if len(course_ids) else np.zeros(0, np.int64)
    first, last = moment - CLOCKS_DIFFER.total_seconds(), moment + CLICK_DAYS * DAY
    times = [clicks.get((str(answer.pk), account, pk), np.inf) for pk in wanted[places].tolist()]
    clicked = np.array([first <= time <= last for time in times], dtype=bool)
    came, is_known = outcomes(deeds, people.group_of[account], rows[places], clicked, moment, until)
    local = answer.created_at.astimezone(ZoneInfo(answer.platform.timezone))
    context = answer.context or {}
    return Shown(
        account=account,
        platform=answer.platform_id,
        placement=answer.placement,
        device=str(context.get("device", "")),
        hour=_number(context.get("hour"), 24, local.hour),
        weekday=_number(context.get("weekday"), 7, local.weekday()),
        moment=moment,
        courses=rows[places],
        places=places.astype(np.int32),
        came=came,
        is_known=is_known,
    )


def outcomes(
    deeds: Deeds, group: int, courses: Int64Array, chosen: BoolArray, moment: float, until: float
) -> tuple[Float32Array, BoolArray]:
    """What came of these courses for those who were `chosen`, and whether it can be told yet; both (n, heads)."""
    came = np.zeros((len(courses), len(HEADS)), np.float32)
    came[:, 0] = chosen
    if chosen.any() and deeds.knows(group):
        rows = deeds.rows_of(group, moment, moment + OUTCOME_DAYS * DAY)
        types, done = deeds.types[rows], deeds.courses[rows]
        completed = (types == COMPLETION) & (np.nan_to_num(deeds.values[rows], nan=1.0) >= COMPLETED_FROM)
        came[:, 1] = chosen & np.isin(courses, done[types == PURCHASE])
        came[:, 2] = chosen & np.isin(courses, done[completed])
    is_known = np.ones(came.shape, bool)
    is_known[:, 0] = moment + CLICK_DAYS * DAY <= until
    is_known[:, 1:] = moment + OUTCOME_DAYS * DAY <= until
    return came, is_known


def _number(value: object, below: int, otherwise: int) -> int:
    return value if isinstance(value, int) and 0 <= value < below else otherwise
