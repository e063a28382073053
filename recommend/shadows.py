"""Models in the shadow: what they would have recommended for a share of the answers given, worked out afterwards.

Nobody waits for it: a worker takes the answers as they were written down, some seconds old, asks the model in the
shadow for as many courses under the same circumstances, from the history until then, and keeps both lists' likeness.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import numpy as np
import structlog
from django.db import transaction
from django.db.models import Avg, BigIntegerField, Count, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from crossmarket.foundation.locks import one_at_a_time
from profiles.live_history import History
from recommend import model_store
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.following import followings
from recommend.model_store import StoredModel
from recommend.models import ModelVersion, Recommendation, Role, Shadow, ShadowAnswer
from recommend.serving.circumstances import Circumstances, Device
from recommend.serving.preparing import prepare
from recommend.serving.question import question_of
from recommend.serving.situation import look

logger = structlog.get_logger(__name__)

SALT = 7
PARTS = 65_536
"""Answers fall into so many parts by a hash of their ids; a share of the parts is a share of the answers."""
MOST_AT_ONCE = 500
LATE = timedelta(minutes=10)
"""Notes of answers may come into the database so late, for they go through Redis."""
SETTLES_IN = timedelta(seconds=10)
"""Answers younger than this may still be on their way into the database."""
MOST_CLICKS = 50_000
FOLLOWING = "following in the shadow"

_loaded: dict[UUID, StoredModel] = {}


class CannotShadow(Exception):
    """The model cannot run in the shadow; the message says why."""


@dataclass(frozen=True)
class ShadowFigures:
    """What came of a shadow.

    overlap, correlation: means, None where there was nothing. clicks: how often the answers looked at were followed;
    caught: those of them whose course the shadow's list has too.
    """

    answers: int
    overlap: float | None
    correlation: float | None
    clicks: int
    caught: int


@transaction.atomic
def start(version: ModelVersion, share: float = 0.1) -> Shadow:
    """Let the model make lists for this share (0 to 1) of the answers from now on. Raises `CannotShadow`."""
    one_at_a_time(FOLLOWING)
    if version.role != Role.RECOMMENDER:
        raise CannotShadow("Only models that find courses can run in the shadow.")
    running = Shadow.objects.filter(model=version, stopped_at=None).first()
    return running or Shadow.objects.create(model=version, share=share, looked_until=timezone.now())


def stop(version: ModelVersion) -> int:
    """End the shadows of this model; returns how many ran. What was found out is kept."""
    return Shadow.objects.filter(model=version, stopped_at=None).update(stopped_at=timezone.now())


def follow() -> int:
    """Work out what is new for all shadows that run; returns how many lists were made."""
    running = list(Shadow.objects.filter(stopped_at=None).select_related("model"))
    for gone in _loaded.keys() - {shadow.model_id for shadow in running}:
        del _loaded[gone]
    return sum(_follow(shadow) for shadow in running)


def figures(shadow: Shadow) -> ShadowFigures:
    """What came of it so far; clicks are those of accounts whose doings may be used."""
    told = shadow.answers.aggregate(
        answers=Count("pk"), overlap=Avg("overlap"), correlation=Avg("correlation", filter=~Q(correlation=None))
    )
    clicked = list(_clicks(shadow))
    lists = dict(
        shadow.answers.filter(recommendation__in={each for each, _course in clicked}).values_list(
            "recommendation_id", "course_ids"
        )
    )
    found = [course in lists[each] for each, course in clicked if each in lists]
    return ShadowFigures(told["answers"], told["overlap"], told["correlation"], len(found), sum(found))


def _follow(shadow: Shadow) -> int:
    until = timezone.now() - SETTLES_IN
    chosen = list(_drawn(shadow, until).select_related("account", "platform").order_by("created_at")[:MOST_AT_ONCE])
    rows = []
    if chosen and (model := _model(shadow)) is not None:
        rows = [_answer(shadow, model, each) for each in chosen]
    with transaction.atomic():
        kept = set(Recommendation.objects.filter(pk__in=[each.pk for each in chosen]).values_list("pk", flat=True))
        ShadowAnswer.objects.bulk_create([row for row in rows if row.recommendation_id in kept], ignore_conflicts=True)
        if len(chosen) < MOST_AT_ONCE:
            Shadow.objects.filter(pk=shadow.pk).update(looked_until=until)
    return len(rows)


def _drawn(shadow: Shadow, until: datetime) -> QuerySet[Recommendation]:
    """Answers of the shadow's share that it has made no list for, those that were stored late among them."""
    since = max(shadow.started_at, shadow.looked_until - LATE)
    fresh = Recommendation.objects.filter(created_at__gt=since, created_at__lte=until).exclude(course_ids=[])
    number = Func(F("pk"), Value(SALT), function="uuid_hash_extended", output_field=BigIntegerField())
    drawn = fresh.annotate(part=number.bitand(PARTS - 1)).filter(part__lt=round(shadow.share * PARTS))
    return drawn.exclude(Exists(ShadowAnswer.objects.filter(shadow=shadow, recommendation=OuterRef("pk"))))


def _model(shadow: Shadow) -> StoredModel | None:
    """Its model, kept in memory; a shadow whose model cannot be read ends."""
    if shadow.model_id not in _loaded:
        try:
            _loaded[shadow.model_id] = model_store.load(shadow.model)
        except CorruptedArtifact as error:
            logger.error("shadow_ended", model=str(shadow.model), error=str(error))  # noqa: TRY400 - its words say all
            stop(shadow.model)
            return None
    return _loaded[shadow.model_id]


def _answer(shadow: Shadow, model: StoredModel, given: Recommendation) -> ShadowAnswer:
    account = given.account
    now = look(given.platform, account.external_id if account else None)
    situation = replace(now, model=model, history=_until(now.history, given.created_at.timestamp()), arm_id=None)
    wanted = len(given.course_ids)
    made = prepare(question_of(given.platform, situation, _circumstances(given), wanted))
    course_ids = made.pool.course_ids[made.lineup.rows[:wanted]].tolist()
    overlap = len(set(course_ids) & set(given.course_ids)) / len(given.course_ids)
    return ShadowAnswer(
        shadow=shadow,
        recommendation=given,
        course_ids=course_ids,
        overlap=overlap,
        correlation=_correlation(given.course_ids, course_ids),
    )


def _until(history: History, moment: float) -> History:
    """What of it had happened by then; of completed courses it is not known when."""
    met = [place for place, time in enumerate(history.times) if time <= moment]
    bought = [place for place, time in enumerate(history.bought_times) if time <= moment]
    return msgspec.structs.replace(
        history,
        course_ids=[history.course_ids[place] for place in met],
        weights=[history.weights[place] for place in met],
        times=[history.times[place] for place in met],
        bought=[history.bought[place] for place in bought],
        bought_times=[history.bought_times[place] for place in bought],
    )


def _circumstances(given: Recommendation) -> Circumstances:
    """Under which it was given, as far as that was noted."""
    noted = given.context
    local = timezone.localtime(given.created_at)
    return Circumstances(
        given.placement,
        Device(noted.get("device", "")),
        noted.get("hour", local.hour),
        noted.get("weekday", local.weekday()),
        noted.get("language", ""),
        given.platform_id,
    )


def _correlation(shown: list[int], shadowed: list[int]) -> float | None:
    """Kendall's tau of the places of the courses in both lists, -1 to 1; None for fewer than two."""
    place_of = {course: place for place, course in enumerate(shadowed)}
    places = np.array([place_of[course] for course in shown if course in place_of])
    if len(places) < 2:
        return None
    later = np.sign(places[None, :] - places[:, None])
    pairs = len(places) * (len(places) - 1) / 2
    return float(later[np.triu_indices(len(places), 1)].sum() / pairs)


def _clicks(shadow: Shadow) -> Iterator[tuple[UUID, int]]:
    told = (
        followings()
        .filter(timestamp__gte=shadow.started_at)
        .order_by("-timestamp")
        .values_list("context__recommendation_id", "course_id")
    )
    for recommendation_id, course_id in told[:MOST_CLICKS]:
        try:
            yield UUID(str(recommendation_id)), course_id
        except ValueError:
            continue
