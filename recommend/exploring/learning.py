"""Counting what came of answers, each once, when its time has passed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog
from django.db import connection, transaction
from django.utils import timezone

from recommend.exploration.bandit import Bandit
from recommend.exploration.situations import Situated, situated
from recommend.exploring.examining import PLACES, counts_of, examination, kept_of
from recommend.exploring.notes import Tried
from recommend.exploring.outcomes import WAIT, Outcome, draws, outcomes
from recommend.models import ExploredPlacement, ExploringProgress
from recommend.serving import arms
from recommend.serving.arms import ARMS, CONFIG, bandit
from recommend.serving.exploring import STABLE_SECONDS

logger = structlog.get_logger(__name__)

MOST_AT_ONCE = 20_000
LONGEST_BACK = timedelta(days=30)
MOST_PLACEMENTS = 100
"""Of a platform: keys of placements are the platform's own words, and must not fill the table."""

COUNT_SHOWINGS = """
INSERT INTO recommend_courseshowing (course_id, shown)
SELECT course.id, count(*)
FROM recommend_recommendation AS answer
CROSS JOIN LATERAL jsonb_array_elements_text(answer.course_ids) AS shown (course)
JOIN profiles_course AS course ON course.id = shown.course::bigint
WHERE answer.created_at > %s AND answer.created_at <= %s
GROUP BY course.id
ORDER BY course.id
ON CONFLICT (course_id) DO UPDATE SET shown = recommend_courseshowing.shown + excluded.shown
"""

Slot = tuple[int, str]
"""Platform and placement."""


def learn(now: datetime | None = None) -> int:
    """Count all answers that are older than `WAIT`, and return how many of them had something tried.

    Progress and sums change in one transaction, so that each answer counts once, whatever is interrupted. An answer
    that is written down later than `WAIT` after it was given is not counted.
    """
    until, counted = _end_of_a_stretch((now or timezone.now()) - WAIT), 0
    while True:
        taken, is_all = _learn_some(until)
        counted += taken
        if is_all:
            return counted


def _end_of_a_stretch(moment: datetime) -> datetime:
    """The last moment, then or before, at which a stretch of time ended in which lists stay the same.

    Answers of one stretch are one draw, and so have to be counted together.
    """
    return datetime.fromtimestamp(moment.timestamp() // STABLE_SECONDS * STABLE_SECONDS, UTC)


@transaction.atomic
def _learn_some(until: datetime) -> tuple[int, bool]:
    ExploringProgress.current()
    progress = ExploringProgress.objects.select_for_update().get()
    after = max(progress.learned_until or until - LONGEST_BACK, until - LONGEST_BACK)
    if after >= until:
        return 0, True
    found = outcomes(after, until, MOST_AT_ONCE)
    is_all = len(found) < MOST_AT_ONCE
    reached = until if is_all else _end_of_a_stretch(found[-1].created_at)
    if reached <= after:  # one stretch of time has more answers than are counted at once
        reached = found[-1].created_at
    found = [outcome for outcome in found if outcome.created_at <= reached]
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SHOWINGS, [after, reached])
    counted = _take_up(found, (reached - after) / timedelta(days=1))
    progress.learned_until = reached
    progress.save()
    return counted, is_all


def _take_up(found: Iterable[Outcome], days: float) -> int:
    """Let what is known fade by so many days, and add what was found. Returns how many answers told something."""
    by_slot: dict[Slot, list[tuple[Outcome, Tried]]] = defaultdict(list)
    for outcome, tried in draws(found):
        if not tried.places:
            continue
        by_slot[outcome.platform_id, outcome.placement].append((outcome, tried))
    known = {(row.platform_id, row.placement): row for row in ExploredPlacement.objects.select_for_update()}
    for slot, told in by_slot.items():
        if slot not in known and sum(platform == slot[0] for platform, _key in known) < MOST_PLACEMENTS:
            known[slot] = ExploredPlacement(platform_id=slot[0], placement=slot[1])
        elif slot not in known:
            logger.warning("placement_not_learned_from", platform_id=slot[0], placement=slot[1], answers=len(told))
    for slot, row in known.items():
        _add(row, by_slot.get(slot, []), days)
        row.save()
    arms.forget_on_commit(known)
    return sum(map(len, by_slot.values()))


def _add(row: ExploredPlacement, told: list[tuple[Outcome, Tried]], days: float) -> None:
    left = 0.5 ** (days / CONFIG.half_life_days)
    learned = bandit().restored(row.arms)
    learned.forget(days)
    shown, clicked = counts_of(row.shown) * left, counts_of(row.clicked) * left
    row.answers += len(told)
    row.clicks += _teach(learned, shown, clicked, told, examination(row).chances)
    row.arms = learned.document()
    row.shown, row.clicked = kept_of(shown), kept_of(clicked)


def _teach(
    learned: Bandit,
    shown: np.ndarray,
    clicked: np.ndarray,
    told: list[tuple[Outcome, Tried]],
    looked_at: np.ndarray,
) -> int:
    """Add rounds to the bandit and to the tables of places, float64 (PLACES, arms). Returns the number of clicks."""
    rounds = [
        (
            ARMS.index(each.arm),
            min(each.place, PLACES - 1),
            outcome.course_ids[each.place] in outcome.followed,
            _situation(outcome, tried).features(),
        )
        for outcome, tried in told
        for each in tried.places
        if each.arm in ARMS and each.place < len(outcome.course_ids)
    ]
    if not rounds:
        return 0
    which, places, clicks, features = zip(*rounds, strict=True)
    np.add.at(shown, (places, which), 1.0)
    np.add.at(clicked, (places, which), np.array(clicks, float))
    learned.learn(np.array(which), np.array(features), np.array(clicks, float), looked_at[list(places)])
    return sum(clicks)


def _situation(outcome: Outcome, tried: Tried) -> Situated:
    return situated(str(outcome.context.get("device", "")), int(outcome.context.get("hour", 0)), tried.known)
