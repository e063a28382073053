"""Many who want the same coupons at the same moment, in real processes: exactly the limit is served."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from accounts.models import LinkedAccount, Platform
from promotions.models import Coupon, CouponBatch, CouponState, Redemption, Use
from promotions.pricing.order import Line, Order
from promotions.services import redeeming, refunding
from promotions.services.redeeming import CannotRedeem
from tests.factories import CouponBatchFactory, CouponFactory, LinkedAccountFactory, PlatformFactory
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 6
TRIES = 12


def order() -> Order:
    return Order("order", "CNY", (Line("item", 10_000, 1),))


def tries(shop: Platform, codes: list[str], users: list[str]) -> Counter[str]:
    """Every user tries to reserve; what came of it, by reason."""
    outcomes: Counter[str] = Counter()
    for user in users:
        try:
            redeeming.reserve(shop, user, codes, order())
            outcomes["reserved"] += 1
        except CannotRedeem as refused:
            outcomes[str(refused.refusals[0].reason)] += 1
    return outcomes


def all_at_once(works: list[Callable[[], Counter[str]]]) -> Counter[str]:
    return sum(side_by_side(*works), Counter())


def check_balanced(batch: CouponBatch) -> None:
    batch.refresh_from_db()
    standing = Use.objects.filter(batch=batch, redemption__state__in=["reserved", "committed"])
    assert batch.used == standing.count()
    assert batch.spent == sum(standing.values_list("amount", flat=True))


def crowd(shop: Platform, codes: list[str]) -> list[Callable[[], Counter[str]]]:
    return [
        partial(tries, shop, codes, [f"user {process} {number}" for number in range(TRIES)])
        for process in range(PROCESSES)
    ]


def test_a_code_for_one_is_used_by_one():
    shop, batch = PlatformFactory(), CouponBatchFactory(shared_code="ONE", limit_total=1)
    assert all_at_once(crowd(shop, ["ONE"])) == {"reserved": 1, "exhausted": PROCESSES * TRIES - 1}
    check_balanced(batch)


def test_a_budget_is_used_to_the_last_coupon_that_fits():
    shop, batch = PlatformFactory(), CouponBatchFactory(shared_code="BUDGET", value=333, budget=10_000)
    assert all_at_once(crowd(shop, ["BUDGET"]))["reserved"] == 30
    check_balanced(batch)
    assert batch.spent == 9_990


def test_a_persons_accounts_race_for_their_limit_of_one():
    shop = PlatformFactory()
    first = LinkedAccountFactory(platform=shop)
    users = [first.external_id] + [LinkedAccountFactory(platform=shop, person=first.person).external_id for _ in "ab"]
    batch = CouponBatchFactory(shared_code="MINE", limit_person=1)
    works = [partial(tries, shop, ["MINE"], [user] * 5) for user in users]
    assert all_at_once(works) == {"reserved": 1, "already_used": 14}
    check_balanced(batch)


def test_two_batches_in_either_order_never_wait_for_each_other_in_a_circle():
    shop = PlatformFactory()
    batches = [CouponBatchFactory(shared_code=code, limit_total=20) for code in ("FIRST", "SECOND")]
    outcomes = all_at_once([*crowd(shop, ["FIRST", "SECOND"])[:3], *crowd(shop, ["SECOND", "FIRST"])[3:]])
    assert outcomes == {"reserved": 20, "exhausted": PROCESSES * TRIES - 20}
    for batch in batches:
        check_balanced(batch)


def test_reserving_giving_back_and_running_out_at_once_balances():
    shop, batch = PlatformFactory(), CouponBatchFactory(shared_code="BUSY", limit_total=3)

    def come_and_go(name: str) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        for number in range(TRIES):
            try:
                made = redeeming.reserve(shop, f"{name} {number}", ["BUSY"], order())
            except CannotRedeem:
                outcomes["refused"] += 1
                continue
            (redeeming.commit if number == TRIES - 1 else redeeming.roll_back)(made.pk, shop)
            outcomes["done"] += 1
            redeeming.release_overdue()
        return outcomes

    all_at_once([partial(come_and_go, str(process)) for process in range(PROCESSES)])
    check_balanced(batch)
    assert batch.used <= 3


def test_who_is_killed_in_the_middle_leaves_nothing_behind():
    shop, batch = PlatformFactory(), CouponBatchFactory(shared_code="KILLED", limit_total=2)

    def die_before_committing() -> None:
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            return
        refunding.changes.record = lambda _news: os.kill(os.getpid(), signal.SIGKILL)
        redeeming.commit(redeeming.reserve(shop, "li", ["KILLED"], order()).pk, shop)

    side_by_side(die_before_committing)
    check_balanced(batch)
    (left,) = Redemption.objects.all()
    assert left.state == "reserved"
    assert tries(shop, ["KILLED"], ["wang", "zhao"]) == {"reserved": 1, "exhausted": 1}


def test_joined_accounts_hold_their_coupons_together():
    shop = PlatformFactory()
    holder = LinkedAccountFactory(platform=shop)
    other = LinkedAccountFactory(platform=shop, person=holder.person)
    CouponFactory(code="HELD", state=CouponState.HELD, holder=holder, claimed_at=holder.created_at)
    strangers = [partial(tries, shop, ["HELD"], ["stranger"] * 3)]
    own = [partial(tries, shop, ["HELD"], [each.external_id]) for each in (holder, other)]
    assert all_at_once([*strangers, *own])["reserved"] == 1
    assert Coupon.objects.get().is_used
    assert LinkedAccount.objects.get(redemptions__isnull=False).person == holder.person
