"""Judging while events arrive and people are erased, in real processes: nothing breaks, waits for ever or is missed."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from accounts.models import LinkedAccount
from crossmarket.foundation import jobs
from profiles.cleaning import looking
from profiles.cleaning.judging import RULES
from profiles.ingest import ingest_events
from profiles.models import CleaningProgress, Event, EventFlag
from tests.factories import PlatformFactory
from tests.partner import event
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

USERS, TIMES, ROUNDS, ERASED = 60, 3, 12, 40
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_looks_whole_cleanings_arrivals_and_erasures_at_once() -> None:
    platform = PlatformFactory()
    CleaningProgress.objects.create(pk=1, rules=RULES)
    ingest_events(platform, [entry(user, f"first-{user}-{n}", 0) for user in range(USERS) for n in range(TIMES)])

    def send(seed: int) -> None:
        chance = random.Random(seed)
        for round_ in range(ROUNDS):
            sent = [
                entry(chance.randrange(ERASED, USERS), f"{seed}-{round_}-{n}", chance.randrange(60)) for n in range(20)
            ]
            ingest_events(platform, sent)

    def look() -> None:
        for _round in range(ROUNDS):
            looking.look()

    def clean() -> None:
        for _round in range(3):
            jobs.run(looking.enqueue_cleaning(to_worker=False).pk)

    def erase() -> None:
        for user in range(ERASED):
            LinkedAccount.objects.get(external_id=f"u{user}").delete()

    side_by_side(lambda: send(1), lambda: send(2), look, look, clean, erase)
    looking.look()
    assert Event.objects.count() == (USERS - ERASED) * TIMES + 2 * ROUNDS * 20
    left_out = set(EventFlag.objects.values_list("pk", "step"))
    assert left_out
    EventFlag.objects.all().delete()
    jobs.run(looking.enqueue_cleaning(to_worker=False).pk)
    assert set(EventFlag.objects.values_list("pk", "step")) == left_out


def entry(user: int, message_id: str, seconds: int) -> bytes:
    """Somebody looks at one of two courses."""
    moment = NOON + timedelta(seconds=seconds)
    return msgspec.json.encode(
        event(message_id=message_id, user_id=f"u{user}", item_id=f"c{seconds % 2}", timestamp=moment.isoformat())
    )
