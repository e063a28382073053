"""Points: earned, spent, expired and reversed, and always as many as the entries say."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import LinkedAccount
from promotions import points_api
from promotions.models import Entry, Lot, Purse, PurseKind, Transfer, TransferKind
from promotions.services import points
from promotions.services.points import NotEnough
from tests.factories import LinkedAccountFactory
from tests.partner import new_partner
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def account() -> LinkedAccount:
    return LinkedAccountFactory()


def check_balanced() -> None:
    """Every balance is the sum of its entries and of its lots, and all entries together are nothing."""
    for purse in Purse.objects.filter(kind=PurseKind.HOLDER):
        sums = purse.entries.aggregate(all=Sum("amount"))["all"] or 0
        left = purse.lots.aggregate(all=Sum("left"))["all"] or 0
        assert purse.balance == sums == left
    assert (Entry.objects.aggregate(all=Sum("amount"))["all"] or 0) == 0
    for transfer in Transfer.objects.all():
        assert sum(transfer.entries.values_list("amount", flat=True)) == 0


def test_what_is_earned_can_be_spent_and_no_more(account):
    points.earn(account, 10, "check-in", "monday")
    points.spend(account, 7, "lottery", "draw 1")
    assert points.balance(account) == 3
    with pytest.raises(NotEnough) as refused:
        points.spend(account, 5, "lottery", "draw 2")
    assert refused.value.missing == 2
    check_balanced()


def test_the_same_is_never_booked_twice(account):
    first, again = (points.earn(account, 10, "check-in", "monday") for _ in range(2))
    assert first == again
    assert points.balance(account) == 10
    spent, once_more = (points.spend(account, 4, "lottery", "draw") for _ in range(2))
    assert spent == once_more
    assert points.balance(account) == 6


def test_a_person_spends_the_points_of_all_accounts_what_expires_first_going_first(account):
    other = LinkedAccountFactory(person=account.person)
    points.earn(account, 5, "a", "never")
    points.earn(other, 5, "a", "late", timezone.now() + 9 * DAY)
    points.earn(account, 5, "a", "soon", timezone.now() + DAY)
    points.spend(account, 7, "b", "1")
    left = dict(Lot.objects.values_list("transfer__reference", "left"))
    assert left == {"soon": 0, "late": 3, "never": 5}
    assert points.balance(other) == 8
    check_balanced()


def test_points_go_when_their_time_is_over(account):
    points.earn(account, 5, "a", "1", timezone.now() - DAY)
    points.earn(account, 2, "a", "2")
    with pytest.raises(NotEnough):
        points.spend(account, 3, "b", "1")
    assert points.expire() == 1
    assert points.expire() == 0
    assert points.balance(account) == 2
    check_balanced()


def test_reversing_what_was_spent_gives_back_points_that_expire_as_they_did(account):
    until = timezone.now() + DAY
    points.earn(account, 5, "a", "1", until)
    spent = points.spend(account, 4, "b", "1")
    assert points.reverse(spent) == points.reverse(spent)
    assert Lot.objects.get().left == 5
    assert points.expire(until) == 1
    assert points.balance(account) == 0
    check_balanced()


def test_what_comes_back_late_expires_too(account):
    until = timezone.now() + DAY
    points.earn(account, 5, "a", "1", until)
    spent = points.spend(account, 4, "b", "1")
    assert points.expire(until) == 1
    points.reverse(spent)
    assert points.expire(until) == 1
    assert points.balance(account) == 0
    check_balanced()


def test_reversing_what_was_earned_takes_what_is_there(account):
    earned = points.earn(account, 5, "a", "1")
    points.earn(account, 2, "a", "2")
    points.spend(account, 4, "b", "1")
    points.reverse(earned)
    assert points.balance(account) == 0
    check_balanced()


def test_a_reversal_and_an_expiry_are_final(account):
    earned = points.earn(account, 5, "a", "1", timezone.now() - DAY)
    points.expire()
    for kind in (TransferKind.EXPIRE, TransferKind.REVERSE):
        points.reverse(earned)
        with pytest.raises(ValueError, match="Only what was earned or spent"):
            points.reverse(Transfer.objects.get(kind=kind))


def test_the_database_lets_no_entry_stand_alone(account):
    earned = points.earn(account, 5, "a", "1")
    with pytest.raises(IntegrityError), transaction.atomic():
        change_and_check(Entry.objects.filter(transfer=earned, amount=5))
    with pytest.raises(IntegrityError), transaction.atomic():
        Purse.objects.filter(holder=account).update(balance=-1)


@pytest.mark.django_db(transaction=True)
def test_accounts_of_one_person_never_spend_a_point_twice():
    account = LinkedAccountFactory()
    accounts = [account, *(LinkedAccountFactory(person=account.person) for _ in range(3))]
    points.earn(account, 10, "a", "1")

    def spend_all(own: LinkedAccount) -> int:
        spent = 0
        for number in range(6):
            try:
                points.spend(own, 1, "b", f"{own.pk} {number}")
                spent += 1
            except NotEnough:
                continue
        return spent

    assert sum(side_by_side(*[partial(spend_all, own) for own in accounts])) == 10
    check_balanced()


def change_and_check(entries) -> None:
    entries.update(amount=6)
    connection.check_constraints()


MOVES = st.lists(
    st.tuples(st.sampled_from(["earn", "spend", "expire", "reverse"]), st.integers(0, 1), st.integers(1, 9)),
    max_size=20,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_whatever_happens_the_books_balance(moves):
    with transaction.atomic():
        first = LinkedAccountFactory()
        accounts = [first, LinkedAccountFactory(person=first.person)]
        now = timezone.now()
        made: list[Transfer] = []
        for number, (move, which, amount) in enumerate(moves):
            if move == "earn":
                expires = [None, now + amount * DAY][which]
                made.append(points.earn(accounts[which], amount, "a", str(number), expires))
            elif move == "spend":
                try:
                    made.append(points.spend(accounts[which], amount, "b", str(number)))
                except NotEnough:
                    continue
            elif move == "expire":
                points.expire(now + amount * DAY)
            elif made:
                points.reverse(made[amount % len(made)])
            check_balanced()
        connection.check_constraints()
        transaction.set_rollback(True)


def test_the_ledger_is_read_page_by_page(monkeypatch):
    monkeypatch.setattr(points_api, "PAGE", 2)
    partner = new_partner()
    account = LinkedAccountFactory(platform=partner.platform, external_id="li")
    for number in range(3):
        points.earn(account, number + 1, "check-in", str(number))
    points.spend(account, 2, "lottery", "draw")
    first = partner.get("/users/li/points").json()
    assert (first["balance"], [each["points"] for each in first["results"]]) == (4, [-2, 3])
    second = partner.get(first["next"].partition("/api/v1")[2]).json()
    assert ([each["points"] for each in second["results"]], second["next"]) == ([2, 1], None)
    assert partner.get("/users/li/points?cursor=x").status_code == 422


def test_points_of_two_accounts_come_back_to_both(account):
    other = LinkedAccountFactory(person=account.person)
    points.earn(account, 10, "check-in", "monday")
    points.earn(other, 10, "check-in", "tuesday")
    spent = points.spend(account, 15, "lottery", "draw")
    points.reverse(spent)
    assert {*Purse.objects.filter(kind=PurseKind.HOLDER).values_list("balance", flat=True)} == {10}
    check_balanced()


def test_points_of_an_erased_account_do_not_come_back(account):
    other = LinkedAccountFactory(person=account.person)
    points.earn(account, 10, "check-in", "monday")
    points.earn(other, 10, "check-in", "tuesday")
    spent = points.spend(account, 15, "lottery", "draw")
    with transaction.atomic():
        points.erase(other)
    points.reverse(spent)
    assert points.balance(account) == 10
    assert Purse.objects.get(holder=None, kind=PurseKind.HOLDER).balance == 0
    check_balanced()
