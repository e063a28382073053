"""Events, joinings, consents, looks and rebuilds at the same moment, in real processes: members come out right."""

import random
from collections.abc import Callable

import msgspec
import pytest

from accounts.models import ConsentSource, LinkedAccount, Platform, Purpose, Stirring
from accounts.services.consents import state_consents
from accounts.services.linking import create_link_code, leave, link
from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from profiles.ingest import ingest_events
from profiles.models import Segment
from profiles.segmentation import keeping, live, membership
from profiles.segmentation.rebuilding import enqueue_rebuild, enqueue_rebuild_all
from tests.factories import CourseFactory, LinkedAccountFactory, PlatformFactory
from tests.profiles.naive_segments import everyone_naively
from tests.profiles.test_segment_properties import check_sizes_and_changes, members
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

PERSONS, ROUNDS = 12, 15
RULES = {
    "viewed": {"did": {"type": "view", "at_least": 2}},
    "quiet": {"not": {"segment": "viewed"}},
    "bought": {"did": {"type": "purchase", "sum_at_least": 300}},
    "both": {"all": [{"platform": "tide"}, {"platform": "xuehai"}]},
    "open": {"all": [{"consents": "marketing"}, {"any": [{"segment": "both"}, {"did": {"at_least": 3}}]}]},
}


def sender(platform: Platform, seed: int) -> Callable[[], int]:
    def work() -> int:
        chance = random.Random(seed)
        accepted = 0
        for number in range(ROUNDS):
            batch = [
                {
                    "message_id": f"{seed}-{number}-{at}",
                    "type": chance.choice(["view", "purchase"]),
                    "user_id": f"u{chance.randrange(PERSONS)}",
                    "item_id": "c1",
                    "value": 100,
                    "timestamp": "2026-03-01T20:00:00+08:00",
                }
                for at in range(3)
            ]
            accepted += ingest_events(platform, [msgspec.json.encode(each) for each in batch]).accepted
        return accepted

    return work


def joiner(pairs: list[tuple[LinkedAccount, LinkedAccount]]) -> Callable[[], None]:
    def work() -> None:
        for number in range(ROUNDS):
            one, other = pairs[number % len(pairs)]
            link(other, create_link_code(one).code)
            if number % 3:
                leave(LinkedAccount.objects.get(pk=one.pk))

    return work


def talker(accounts: list[LinkedAccount]) -> Callable[[], None]:
    def work() -> None:
        chance = random.Random(7)
        for _ in range(ROUNDS):
            purpose = chance.choice([Purpose.MARKETING, Purpose.PROFILING])
            state_consents(chance.choice(accounts), {purpose: chance.random() < 0.6}, "1", ConsentSource.PERSON)

    return work


def looker() -> None:
    for _ in range(ROUNDS):
        live.look()


def rebuilder() -> None:
    for _ in range(3):
        for segment in Segment.objects.all():
            job = jobs.run(enqueue_rebuild(segment, to_worker=False).pk)
            assert job.state == JobState.SUCCEEDED, job.error


def test_members_come_out_as_a_rebuild_afterwards_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AT_ONCE", 5)
    monkeypatch.setattr(membership, "AT_ONCE", 4)
    tide, xuehai = PlatformFactory(slug="tide"), PlatformFactory(slug="xuehai")
    for platform in (tide, xuehai):
        CourseFactory(platform=platform, item_id="c1")
    accounts = [
        [
            LinkedAccountFactory(platform=platform, external_id=f"u{number}", cross_platform=True)
            for platform in (tide, xuehai)
        ]
        for number in range(PERSONS)
    ]
    for key, rule in RULES.items():
        keeping.save(Segment(key=key, rule=rule), to_worker=False)
    pairs = [(one, other) for one, other in accounts[:5]]
    some = [each for pair in accounts for each in pair]

    sent, also_sent, *_others = side_by_side(
        sender(tide, 1), sender(xuehai, 2), joiner(pairs), talker(some), looker, looker, rebuilder
    )
    assert sent == also_sent == 3 * ROUNDS
    live.look()

    kept = members()
    assert kept == everyone_naively()
    assert not Stirring.objects.exists()
    result = jobs.run(enqueue_rebuild_all(to_worker=False).pk).result
    assert (result["entered"], result["left"], members()) == (0, 0, kept)
    check_sizes_and_changes()
