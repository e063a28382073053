"""A batch leaves a share of its people alone, always the same ones, and tells what it brought beside them."""

import contextlib
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from profiles.models import Exposure
from promotions import holdouts, wallet
from promotions.models import BatchState, CouponState
from promotions.pricing.order import Line, Order
from promotions.reasons import Reason
from promotions.return_words import return_words
from promotions.returns import Certainty, return_of
from promotions.services import claiming, publishing, redeeming
from promotions.services.claiming import CannotClaim
from promotions.services.redeeming import CannotRedeem
from tests.factories import CouponBatchFactory, EventFactory, LinkedAccountFactory, PlatformFactory

pytestmark = pytest.mark.django_db
ORDER = Order("order", "CNY", (Line("item", 1_000, 1),))


@pytest.fixture
def shop():
    return PlatformFactory(profiling_default=True)


def live(**fields):
    return publishing.move(CouponBatchFactory(state=BatchState.REVIEW, **{"holdout": 50} | fields), BatchState.LIVE)


def people(shop, batch, count=40):
    """Accounts, those offered and those held out."""
    accounts = LinkedAccountFactory.create_batch(count, platform=shop)
    out = [each for each in accounts if holdouts.held_out(each, {batch.pk: batch})]
    return [each for each in accounts if each not in out], out


def test_a_share_is_held_out_and_stays_so(shop):
    batch = live()
    offered, out = people(shop, batch, 200)
    assert 70 < len(out) < 130
    assert all(holdouts.held_out(each, {batch.pk: batch}) for each in out)
    assert not any(holdouts.held_out(each, {batch.pk: batch}) for each in offered)


def test_who_is_held_out_neither_sees_nor_claims_nor_uses_it(shop):
    batch = live(shared_code="SPRING")
    offered, out = people(shop, batch)
    assert [each.batch for each in wallet.usable(offered[0])] == [batch]
    assert wallet.usable(out[0]) == []
    with pytest.raises(CannotClaim) as told:
        claiming.claim(shop, out[0].external_id, batch.pk)
    assert told.value.refusal.reason is Reason.NOT_ELIGIBLE
    for account, works in ((offered[0], True), (out[0], False)):
        quote = redeeming.validate(shop, account.external_id, ["SPRING"], ORDER)
        assert bool(quote.applied) == works
        if works:
            redeeming.reserve(shop, account.external_id, ["SPRING"], ORDER)
        else:
            with pytest.raises(CannotRedeem) as refused:
                redeeming.reserve(shop, account.external_id, ["SPRING"], ORDER)
            assert refused.value.refusals == quote.refusals
            assert quote.refusals[0].reason is Reason.NOT_ELIGIBLE


@pytest.mark.parametrize("verb", ["wallet", "claim", "validate", "reserve"])
def test_both_are_noted_when_they_meet_it(shop, verb):
    batch = live(shared_code="SPRING")
    for account in (group[0] for group in people(shop, batch)):
        with contextlib.suppress(CannotClaim, CannotRedeem):
            {
                "wallet": wallet.usable,
                "claim": lambda who: claiming.claim(shop, who.external_id, batch.pk),
                "validate": lambda who: redeeming.validate(shop, who.external_id, ["SPRING"], ORDER),
                "reserve": lambda who: redeeming.reserve(shop, who.external_id, ["SPRING"], ORDER),
            }[verb](account)
    assert sorted(Exposure.objects.values_list("arm__slug", flat=True)) == [holdouts.HELD_OUT, holdouts.OFFERED]


def test_nobody_is_noted_who_could_not_use_it_anyway(shop):
    batch = live(shared_code="SPRING", limit_total=0)
    for group in people(shop, batch):
        redeeming.validate(shop, group[0].external_id, ["SPRING"], ORDER)
    assert not Exposure.objects.exists()


def test_strangers_are_answered_alike_by_validations_and_reservations(shop):
    live(shared_code="SPRING")
    for number in range(12):
        who = f"stranger {number}"
        assert redeeming.validate(shop, who, ["SPRING"], ORDER).applied
        assert redeeming.reserve(shop, who, ["SPRING"], ORDER)


def test_who_was_given_a_coupon_keeps_it(shop):
    batch = live(code_kind="unique", shared_code="")
    _offered, out = people(shop, batch)
    coupon = claiming.give(out[0], batch.pk)
    assert coupon.state == CouponState.HELD
    assert redeeming.reserve(shop, out[0].external_id, [coupon.code], ORDER).discount == 100


def test_a_batch_that_has_ended_holds_nobody_out(shop):
    batch = live()
    _offered, out = people(shop, batch)
    ended = publishing.move(batch, BatchState.ENDED)
    ended.refresh_from_db()
    assert not holdouts.held_out(out[0], {ended.pk: ended})


def planted(shop, batch, offered_pay: int, held_pay: int):
    """Of 300 people half buy; those offered pay one amount, the others another."""
    batch.experiment.started_at = timezone.now() - timedelta(days=5)
    batch.experiment.save()
    arms = {arm.slug: arm for arm in batch.experiment.arms.all()}
    since = timezone.now() - timedelta(days=4)
    for number, account in enumerate(LinkedAccountFactory.create_batch(300, platform=shop)):
        is_offered = number % 2 == 0
        arm = arms[holdouts.OFFERED if is_offered else holdouts.HELD_OUT]
        Exposure.objects.create(experiment=batch.experiment, arm=arm, account=account, exposed_at=since)
        if number % 4 < 2:
            paid = offered_pay if is_offered else held_pay
            EventFactory(account=account, type="purchase", value=paid + number % 7, timestamp=since + timedelta(days=1))


def test_a_planted_gain_is_found_with_its_interval_and_told(shop):
    batch = live()
    planted(shop, batch, 5_000, 1_000)
    found = return_of(batch)
    assert (found.offered, found.held_out) == (150, 150)
    assert found.revenue.low < 2_000 < found.revenue.high
    assert found.certainty is Certainty.MORE
    assert found.earned.difference == pytest.approx(found.margin.difference * 150)
    with override("en"):
        assert "more margin per person" in return_words(found, "CNY")


def test_what_is_no_gain_is_not_told_as_one(shop):
    batch = live()
    planted(shop, batch, 1_000, 1_000)
    found = return_of(batch, margin=0.4)
    assert found.certainty is Certainty.UNDECIDED
    with override("en"):
        assert "not certain yet" in return_words(found, "CNY")


def test_discounts_are_a_cost(shop):
    batch = live(shared_code="SPRING", value=300)
    offered, _out = people(shop, batch)
    made = redeeming.reserve(shop, offered[0].external_id, ["SPRING"], ORDER)
    redeeming.commit(made.pk, shop)
    found = return_of(batch)
    assert found.cost == 300
    assert found.margin.difference == 0  # nobody was held out yet, so that there is nothing to compare with
    assert found.certainty is Certainty.TOO_FEW


def test_a_batch_without_a_holdout_tells_of_no_return(admin_client: Client):
    assert return_of(live(holdout=0)) is None
    batch = live()
    page = admin_client.get(reverse("admin:promotions_couponbatch_results", args=[batch.pk]), {"margin": "40"})
    assert page.context["margin"] == 40
