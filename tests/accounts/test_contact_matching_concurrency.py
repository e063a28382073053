"""Contacts told, consent stated and withdrawn, and accounts matched and separated at the same moment, in processes."""

from collections.abc import Callable

import pytest

from accounts.models import ConsentSource, LinkedAccount, Match, MatchDue, Person, Platform, Purpose
from accounts.services import contact_matching, linking
from accounts.services.accounts import UserDescription, describe_users
from accounts.services.consents import state_consents
from tests.accounts.joined import persons, sha256
from tests.factories import PlatformFactory
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

USERS, ROUNDS = 12, 6


def test_whatever_meets_whoever_agrees_at_the_end_is_joined_once() -> None:
    fields = {"verifies_email": True, "cross_platform_default": True}
    platforms = [PlatformFactory(**fields) for _ in range(3)]
    users = [f"u{number}" for number in range(USERS)]

    def tell(platform: Platform, order: int) -> Callable[[], None]:
        told = [UserDescription(user, {"n": 1}, sha256(user)) for user in users[::order]]
        return lambda: [describe_users(platform, told) for _ in range(ROUNDS)][-1]

    def look() -> None:
        for _ in range(ROUNDS * 4):
            contact_matching.look()

    def change_minds() -> None:
        for round_ in range(ROUNDS):
            for account in LinkedAccount.objects.filter(platform=platforms[0])[:4]:
                state_consents(account, {Purpose.CROSS_PLATFORM: bool(round_ % 2)}, "1", ConsentSource.PLATFORM)

    side_by_side(
        *[tell(each, order) for each, order in zip(platforms, (1, -1, 1), strict=True)], look, look, change_minds
    )
    while contact_matching.look():
        pass
    assert not MatchDue.objects.exists()
    assert {len(group) for group in persons()} == {3}
    assert Person.objects.count() == USERS
    assert not Match.objects.waiting().exists()
    for account in LinkedAccount.objects.filter(platform=platforms[1]):
        linking.leave(account)
    assert {len(group) for group in persons()} == {1, 2}
