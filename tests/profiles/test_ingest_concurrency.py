"""Many senders at once, in real processes: every message counts once, nobody waits for ever, nothing breaks."""

import random
from collections.abc import Callable

import msgspec
import pytest

from accounts.models import LinkedAccount, Person, Platform
from accounts.services import linking
from accounts.services.accounts import UserDescription, describe_users
from accounts.services.linking import LinkRefused
from profiles.ingest import ingest_events, ingest_items, put_item
from profiles.ingest.items import ItemDescription
from profiles.models import Course, Event
from tests.factories import LinkedAccountFactory, PlatformFactory
from tests.partner import Partner, batch, event, item, new_partner
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

SENDERS = 8
USERS, COURSES = 30, 30
ROUNDS = 20


def payloads(*entries: dict[str, object]) -> list[bytes]:
    return [msgspec.json.encode(entry) for entry in entries]


def test_each_message_of_overlapping_batches_counts_once() -> None:
    partner = new_partner()
    messages = [
        event(message_id=f"m{n}", user_id=f"u{n % USERS}", item_id=f"c{n % COURSES}", type=("view", "like")[n % 2])
        for n in range(300)
    ]

    def send(seed: int) -> Callable[[], tuple[int, int]]:
        def work() -> tuple[int, int]:
            chance = random.Random(seed)
            accepted = duplicates = 0
            for _ in range(4):
                response = partner.post("/events", batch(*chance.sample(messages, 200)))
                assert response.status_code == 202, response.content
                accepted += response.json()["accepted"]
                duplicates += response.json()["duplicates"]
            return accepted, duplicates

        return work

    answers = side_by_side(*[send(seed) for seed in range(SENDERS)])
    stored = set(Event.objects.values_list("message_id", flat=True))
    assert sum(accepted for accepted, _ in answers) == len(stored) == Event.objects.count()
    assert sum(accepted + duplicates for accepted, duplicates in answers) == SENDERS * 4 * 200
    assert stored <= {each["message_id"] for each in messages}


def test_users_and_items_heard_of_by_all_at_once_are_made_once() -> None:
    platform = PlatformFactory()
    names = [(f"u{n}", f"c{n}") for n in range(100)]

    def send(seed: int) -> Callable[[], int]:
        def work() -> int:
            shuffled = random.Random(seed).sample(names, len(names))
            return ingest_events(platform, payloads(*(event(user_id=u, item_id=c) for u, c in shuffled))).accepted

        return work

    assert side_by_side(*[send(seed) for seed in range(SENDERS)]) == [100] * SENDERS
    assert LinkedAccount.objects.count() == Person.objects.count() == Course.objects.count() == 100
    assert not Person.objects.filter(accounts=None).exists()


def test_events_items_and_users_come_in_together() -> None:
    platform = PlatformFactory()

    def events(step: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(ROUNDS):
                both_ways = range(USERS)[:: step * (1 if number % 2 else -1)]
                ingest_events(platform, payloads(*(event(user_id=f"u{n}", item_id=f"c{n}") for n in both_ways)))

        return work

    def items() -> None:
        for number in range(ROUNDS):
            ingest_items(platform, payloads(*(item(f"c{n}", price=number) for n in reversed(range(COURSES)))))
            put_item(platform, f"c{number}", ItemDescription(title="课程"))

    def users() -> None:
        for number in range(ROUNDS):
            describe_users(platform, [UserDescription(f"u{n}", {"round": number}) for n in range(USERS)])

    side_by_side(events(1), events(-1), items, items, users, users)
    assert Event.objects.count() == 2 * ROUNDS * USERS
    assert Course.objects.exclude(title="").count() == COURSES


def test_events_of_two_persons_come_in_while_they_try_to_join() -> None:
    platform: Platform = PlatformFactory()
    first, second = (LinkedAccountFactory(platform=platform, cross_platform=True) for _ in range(2))

    def try_to_join() -> int:
        refused = 0
        for _ in range(5 * ROUNDS):
            code = linking.create_link_code(first).code
            try:
                linking.link(second, code)
            except LinkRefused:
                refused += 1
        return refused

    def send() -> None:
        for number in range(5 * ROUNDS):
            users = (first, second) if number % 2 else (second, first)
            sent = (event(message_id=f"{number}-{place}", user_id=each.external_id) for place, each in enumerate(users))
            ingest_events(platform, payloads(*sent))

    refused, _sent = side_by_side(try_to_join, send)
    assert refused == 5 * ROUNDS
    assert Event.objects.count() == 10 * ROUNDS


def test_a_partner_that_starts_with_many_processes_gets_no_error() -> None:
    partner: Partner = new_partner()

    def call(number: int) -> Callable[[], list[int]]:
        def work() -> list[int]:
            return [
                partner.put(f"/items/c{number % 2}", {"title": "课程"}).status_code,
                partner.put("/users/u1/consents", {"marketing": True}).status_code,
                partner.post("/events", batch(event(message_id="same"))).status_code,
                partner.get("/recommendations?user_id=u1").status_code,
            ]

        return work

    for item_status, *others in side_by_side(*[call(number) for number in range(SENDERS)]):
        assert item_status in (200, 201)
        assert others == [200, 202, 200]
    assert (LinkedAccount.objects.count(), Event.objects.count(), Course.objects.count()) == (1, 1, 2)
