"""A thousand pairs joined and separated in any order while events come in: nothing moves, and everything comes back."""

import random
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from accounts.models import Bond, LinkedAccount, Person, Platform, Regrouping
from accounts.services import linking
from accounts.services.accounts import ensure_accounts
from accounts.services.linking import LinkRefused, UndoRefused
from profiles.ingest import ingest_events
from profiles.models import Event
from tests.accounts.joined import BY_CODE, everyone, persons
from tests.factories import PlatformFactory
from tests.partner import event
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

PLATFORMS, USERS = 8, 60
PAIRS, JOINERS, SENDERS = 1_000, 2, 2
BATCHES, EVENTS_IN_BATCH = 60, 50


def test_a_thousand_pairs_are_joined_and_separated_while_events_come_in() -> None:
    platforms = [PlatformFactory(cross_platform_default=True) for _ in range(PLATFORMS)]
    for platform in platforms:
        ensure_accounts(platform, [f"u{number}" for number in range(USERS)])
    beginning = everyone()

    def regroup(seed: int) -> Callable[[], dict[str, int]]:
        return lambda: _joined_and_separated(random.Random(seed), list(LinkedAccount.objects.order_by("pk")))

    def send(seed: int) -> Callable[[], None]:
        return lambda: _sent(random.Random(seed), seed, platforms[seed])

    done = side_by_side(*map(regroup, range(JOINERS)), *map(send, range(SENDERS)), patience=180)[:JOINERS]
    assert sum(each["pairs"] for each in done) == PAIRS
    assert all(each["joined"] and each["undone"] and each["left"] for each in done), done

    assert Bond.objects.count() == len(beginning) - len(persons())
    assert _all_events_are_where_they_began()
    for joining in Regrouping.objects.undoable().order_by("?"):
        linking.undo(joining)
    assert everyone() == beginning
    assert Person.objects.count() == len(beginning)
    assert _all_events_are_where_they_began()


def _joined_and_separated(chance: random.Random, accounts: list[LinkedAccount]) -> dict[str, int]:
    """Join so many random pairs, and after each separate another one, by leaving or undoing, or leave it at that."""
    done = {"pairs": 0, "joined": 0, "undone": 0, "left": 0}
    for _ in range(PAIRS // JOINERS):
        first, second = chance.sample(accounts, 2)
        done["pairs"] += 1
        try:
            done["joined"] += linking.join(first, second, BY_CODE) is not None
        except LinkRefused:
            linking.leave(first)
            done["left"] += 1
        if chance.random() < 0.3:
            done["undone"] += _undone_any(chance)
    return done


def _undone_any(chance: random.Random) -> bool:
    """Undo one of the latest joinings that stand, unless somebody else was quicker."""
    standing = list(Regrouping.objects.undoable().order_by("-pk")[:20])
    with suppress(UndoRefused):
        linking.undo(chance.choice(standing))
        return True
    return False


def _sent(chance: random.Random, sender: int, platform: Platform) -> None:
    """Send batches of events of random users, each with an id that names whose it is."""
    for batch in range(BATCHES):
        users = [f"u{chance.randrange(USERS)}" for _ in range(EVENTS_IN_BATCH)]
        events = [
            event(message_id=f"{platform.pk}:{user}:{sender}.{batch}.{place}", user_id=user, item_id=f"c{place % 9}")
            for place, user in enumerate(users)
        ]
        assert ingest_events(platform, [msgspec.json.encode(each) for each in events]).accepted == EVENTS_IN_BATCH


def _all_events_are_where_they_began() -> bool:
    rows = Event.objects.values_list("message_id", "account__platform", "account__external_id")
    told = [(message_id.rsplit(":", 1)[0], f"{platform}:{user}") for message_id, platform, user in rows]
    return len(told) == SENDERS * BATCHES * EVENTS_IN_BATCH and all(began == now for began, now in told)
