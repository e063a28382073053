"""Joining, leaving and events coming in at the same moment, in real processes."""

from collections.abc import Callable

import pytest

from accounts.models import LinkedAccount, Person
from accounts.services import linking
from accounts.services.linking import LinkRefused
from profiles.ingest import ingest_events
from profiles.models import Event
from tests.factories import LinkedAccountFactory
from tests.partner import event
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 15


def agreeing_account() -> LinkedAccount:
    return LinkedAccountFactory(cross_platform=True)


def refusal_of(work: Callable[[], object]) -> str:
    """The code with which something is refused, or nothing."""
    try:
        work()
    except LinkRefused as refusal:
        return refusal.code
    return ""


def test_of_those_who_present_one_code_at_once_one_is_joined() -> None:
    first = agreeing_account()
    others = [agreeing_account() for _ in range(3)]
    code = linking.create_link_code(first).code

    def present(account: LinkedAccount) -> Callable[[], str]:
        return lambda: refusal_of(lambda: linking.link(account, code))

    answers = side_by_side(*[present(each) for each in others])
    assert sorted(answers) == ["", "invalid_code", "invalid_code"]
    assert LinkedAccount.objects.filter(person__accounts=first).count() == 2


def test_joinings_in_opposite_directions_end_well() -> None:
    pairs = [(agreeing_account(), agreeing_account()) for _ in range(ROUNDS)]
    codes = [(linking.create_link_code(first).code, linking.create_link_code(second).code) for first, second in pairs]

    def forwards() -> None:
        for (_, second), (code, _) in zip(pairs, codes, strict=True):
            linking.link(second, code)

    def backwards() -> None:
        for (first, _), (_, code) in zip(pairs, codes, strict=True):
            linking.link(first, code)

    side_by_side(forwards, backwards)
    assert Person.objects.count() == ROUNDS
    assert not Person.objects.filter(accounts=None).exists()


def test_events_come_in_while_their_accounts_are_joined_and_separated() -> None:
    accounts = [agreeing_account() for _ in range(4)]

    def join_and_leave() -> None:
        for _ in range(ROUNDS):
            for other in accounts[1:]:
                linking.link(other, linking.create_link_code(accounts[0]).code)
            for each in accounts:
                linking.leave(each)

    def send(account: LinkedAccount) -> Callable[[], int]:
        def work() -> int:
            return sum(_sent(account, number) for number in range(ROUNDS))

        return work

    _joined, *sent = side_by_side(join_and_leave, *[send(each) for each in accounts[:3]])
    assert sent == [2 * ROUNDS] * 3
    assert Event.objects.count() == 6 * ROUNDS
    assert Person.objects.count() >= len(accounts)


def _sent(account: LinkedAccount, number: int) -> int:
    """Two events, of the account and of another user of the same platform, in both orders."""
    import msgspec

    users = [account.external_id, "someone"][:: 1 if number % 2 else -1]
    payloads = [msgspec.json.encode(event(user_id=user_id, item_id=f"c{number}")) for user_id in users]
    return ingest_events(account.platform, payloads).accepted
