"""Writing down what was recommended: noted while answering, stored in PostgreSQL by a worker soon after.

The notes of a process go to Redis together, a moment later and by a thread of their own, so that nobody waits for
them. A process that is killed loses the notes of its last moment, and nothing else.
"""

import atexit
import contextlib
import queue
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import Platform
from accounts.services.holding import hold
from crossmarket.foundation.redis import RedisError, client
from profiles import experiments
from profiles.experiments import NotRunning
from profiles.models import Arm
from recommend.models import ModelVersion, Recommendation
from recommend.serving.answers import Answer, Source
from recommend.serving.circumstances import Circumstances
from recommend.serving.situation import Situation

logger = structlog.get_logger(__name__)

PENDING = "recommendations:pending"
MOST_PENDING = 200_000
"""So many notes wait for a worker at most; older ones are dropped."""
AT_ONCE = 2_000
SECONDS_BETWEEN_FLUSHES = 0.5


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
    sources: list[str] = []
    propensities: list[float] = []
    context: dict[str, Any] = {}
    arm_id: int | None = None


class _Outbox:
    """Notes of this process on their way to Redis."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Note] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, taken: Note) -> None:
        """Take a note along."""
        self._waiting.put(taken)
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="notes of recommendations", daemon=True)
                    self._thread.start()

    def flush(self) -> None:
        """Send all that wait. Without Redis they are dropped, for answers matter more than notes of them."""
        notes: list[bytes] = []
        while True:
            try:
                notes.append(msgspec.msgpack.encode(self._waiting.get_nowait()))
            except queue.Empty:
                break
        if not notes:
            return
        try:
            with client().pipeline(transaction=False) as pipe:
                pipe.rpush(PENDING, *notes)
                pipe.ltrim(PENDING, -MOST_PENDING, -1)
                pipe.execute()
        except RedisError as error:
            logger.warning("recommendations_not_noted", count=len(notes), error=str(error))

    def _run(self) -> None:
        while True:
            time.sleep(SECONDS_BETWEEN_FLUSHES)
            self.flush()


_outbox = _Outbox()
atexit.register(_outbox.flush)


def note(
    answer: Answer,
    platform: Platform,
    situation: Situation,
    circumstances: Circumstances,
    besides: Mapping[str, Any] | None = None,
) -> None:
    """Note an answer, to be stored soon. `besides` goes into its context with the circumstances."""
    taken = Note(
        id=answer.recommendation_id,
        platform_id=platform.pk,
        account_id=situation.sharing.account_id,
        placement=answer.placement,
        model_id=situation.model.version_id if situation.model else None,
        course_ids=[item.course.id for item in answer.items],
        source=str(answer.items[0].source if answer.items else Source.POPULAR),
        created_at=timezone.now(),
        sources=[str(item.source) for item in answer.items],
        propensities=answer.propensities,
        context={**circumstances.noted, **(besides or {})},
        arm_id=situation.arm_id,
    )
    _outbox.put(taken)


def store_pending() -> int:
    """Move the notes into the database, and return how many there were. What cannot be stored now is tried again."""
    _outbox.flush()
    stored = 0
    while notes := cast("list[bytes] | None", client().lpop(PENDING, AT_ONCE)):
        try:
            decoded = [note for each in notes if (note := _decoded(each))]
            _store(decoded)
            _expose(decoded)
        except BaseException:
            client().lpush(PENDING, *reversed(notes))
            raise
        stored += len(notes)
    return stored


def _decoded(encoded: bytes) -> Note | None:
    try:
        return msgspec.msgpack.decode(encoded, type=Note)
    except msgspec.MsgspecError as error:
        logger.warning("note_of_other_version_dropped", error=str(error))
        return None


@transaction.atomic
def _store(notes: list[Note]) -> None:
    """Store what still has a platform; models that are gone since are left out, and all notes of accounts that are."""
    platforms = _existing(Platform, {note.platform_id for note in notes})
    accounts = hold({note.account_id for note in notes if note.account_id is not None})
    models = _existing(ModelVersion, {note.model_id for note in notes})
    rows = [
        Recommendation(**_columns(note) | {"model_id": note.model_id if note.model_id in models else None})
        for note in notes
        if note.platform_id in platforms and (note.account_id is None or note.account_id in accounts)
    ]
    Recommendation.objects.bulk_create(rows, ignore_conflicts=True)


def _columns(note: Note) -> dict[str, Any]:
    columns = msgspec.structs.asdict(note)
    del columns["arm_id"]
    return columns


def _expose(notes: list[Note]) -> None:
    """Note for experiments with models who was answered by the model of their arm: once for each, whatever comes.

    In a transaction of its own, for experiments are held before accounts.
    """
    met = [(note.arm_id, note.account_id, note.created_at) for note in notes if note.arm_id and note.account_id]
    arms = Arm.objects.select_related("experiment").in_bulk({arm for arm, _account, _at in met})
    for experiment in {arm.experiment for arm in arms.values()}:
        own = [(account, at) for arm, account, at in met if arm in arms and arms[arm].experiment == experiment]
        first = min(at for _account, at in own)
        since = max(first, experiment.started_at) if experiment.started_at else first
        with contextlib.suppress(NotRunning):  # it was stopped a moment ago
            experiments.expose(experiment, list(dict.fromkeys(account for account, _at in own)), since)


def _existing(kind: type[Model], keys: set[Any]) -> set[Any]:
    return set(kind._default_manager.filter(pk__in=keys - {None}).values_list("pk", flat=True))  # noqa: SLF001
