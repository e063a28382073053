"""Writing down what was recommended: noted in Redis while answering, stored in PostgreSQL by a worker soon after."""

from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from django.utils import timezone

from accounts.models import Platform
from crossmarket.foundation.redis import RedisError, client
from recommend.models import Recommendation
from recommend.serving.answers import Answer, Source
from recommend.serving.situation import Situation

logger = structlog.get_logger(__name__)

PENDING = "recommendations:pending"
MOST_PENDING = 200_000
AT_ONCE = 2_000


class Note(msgspec.Struct, frozen=True, array_like=True):
    """A `Recommendation` on its way into the database."""

    id: UUID
    platform_id: int
    account_id: int | None
    placement: str
    model_id: UUID | None
    course_ids: list[int]
    source: str
    created_at: datetime


def note(answer: Answer, platform: Platform, situation: Situation) -> None:
    """Note an answer. Without Redis, or with too many notes waiting, the answer is given all the same."""
    taken = Note(
        id=answer.recommendation_id,
        platform_id=platform.pk,
        account_id=situation.sharing.account_id,
        placement=answer.placement,
        model_id=situation.model.version_id if situation.model else None,
        course_ids=[item.course.id for item in answer.items],
        source=str(answer.items[0].source if answer.items else Source.POPULAR),
        created_at=timezone.now(),
    )
    try:
        client().rpush(PENDING, msgspec.msgpack.encode(taken))
    except RedisError as error:
        logger.warning("recommendation_not_noted", error=str(error))


def store_pending() -> int:
    """Move the notes into the database, and return how many there were."""
    stored = 0
    while notes := client().lrange(PENDING, 0, AT_ONCE - 1):
        rows = [Recommendation(**_fields(msgspec.msgpack.decode(each, type=Note))) for each in notes]
        _store(rows)
        client().ltrim(PENDING, len(notes), -1)
        stored += len(notes)
    client().ltrim(PENDING, -MOST_PENDING, -1)
    return stored


def _store(rows: list[Recommendation]) -> None:
    Recommendation.objects.bulk_create(rows, ignore_conflicts=True)


def _fields(taken: Note) -> dict[str, object]:
    return msgspec.structs.asdict(taken)
