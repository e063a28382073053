"""The life of a campaign, and whom it leaves alone."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.models import LinkedAccount
from campaigns import audience
from campaigns.campaign_api import open_to
from campaigns.models import Campaign, CampaignKind, CampaignState, LotteryPlan, Milestone, Prize, RewardKind
from campaigns.services import life
from profiles.models import ExperimentState, Exposure
from promotions.models import BatchState
from tests.factories import CampaignFactory, CouponBatchFactory, LinkedAccountFactory, PrizeFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def draft(**fields) -> Campaign:
    return CampaignFactory(state=CampaignState.DRAFT, **fields)


def refused(work) -> str:
    with override("en"), pytest.raises(life.CannotMove) as told:
        work()
    return str(told.value)


def test_only_allowed_steps_are_taken():
    campaign = draft()
    for to in (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.ENDED, CampaignState.DRAFT):
        assert refused(partial(life.move, campaign, to))
    for to in (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.RUNNING):
        assert life.move(campaign, to).state == to
    assert life.move(campaign, CampaignState.ENDED).ends_at <= timezone.now()
    for to in CampaignState:
        assert refused(partial(life.move, campaign, to))


def test_they_begin_and_end_by_the_clock():
    soon = life.move(draft(starts_at=timezone.now() + HOUR), CampaignState.SCHEDULED)
    now = life.move(draft(starts_at=timezone.now() - HOUR), CampaignState.SCHEDULED)
    over = CampaignFactory(ends_at=timezone.now() - HOUR, starts_at=timezone.now() - 2 * HOUR)
    assert life.follow_the_clock() == 2
    states = dict(Campaign.objects.values_list("pk", "state"))
    assert [states[each.pk] for each in (soon, now, over)] == ["scheduled", "running", "ended"]
    assert life.follow_the_clock() == 0


def test_what_has_begun_is_no_draft_again():
    assert refused(partial(life.move, life.move(draft(), CampaignState.SCHEDULED), CampaignState.DRAFT))
    later = life.move(draft(starts_at=timezone.now() + HOUR), CampaignState.SCHEDULED)
    assert life.move(later, CampaignState.DRAFT).state == CampaignState.DRAFT


def test_a_plan_that_cannot_work_is_not_scheduled():
    lottery = draft(kind=CampaignKind.LOTTERY)
    schedule = partial(life.move, lottery, CampaignState.SCHEDULED)
    assert "prize" in refused(schedule)
    prize = PrizeFactory(campaign=lottery, weight=0)
    assert "weight" in refused(schedule)
    Prize.objects.filter(pk=prize.pk).update(weight=1)
    LotteryPlan.objects.filter(campaign=lottery).update(guarantee_after=3)
    assert "guarantee" in refused(schedule)
    LotteryPlan.objects.filter(campaign=lottery).update(guarantee_after=None)
    batch = CouponBatchFactory(state=BatchState.PAUSED)
    PrizeFactory(campaign=lottery, reward=RewardKind.COUPON, batch=batch)
    assert "not live" in refused(schedule)
    batch.state = BatchState.LIVE
    batch.save()
    assert schedule().state == CampaignState.SCHEDULED
    assert LotteryPlan.objects.get(campaign=lottery).head


def test_a_copy_is_a_draft_in_which_nothing_has_happened():
    lottery = CampaignFactory(kind=CampaignKind.LOTTERY, plan={"guarantee_after": 3}, points_given=5)
    prize = PrizeFactory(campaign=lottery, given=4, stock=9)
    LotteryPlan.objects.update(guaranteed=prize)
    lottery.platforms.add(LinkedAccountFactory().platform)
    copied = life.clone(lottery)
    plan = LotteryPlan.objects.get(campaign=copied)
    assert (copied.state, copied.points_given, copied.platforms.count()) == (CampaignState.DRAFT, 0, 1)
    assert plan.guaranteed.campaign == copied
    assert (plan.guaranteed.given, plan.guaranteed.stock, plan.drawn) == (0, 9, 0)
    assert plan.seed != LotteryPlan.objects.get(campaign=lottery).seed


def test_the_milestones_are_copied():
    campaign = CampaignFactory(plan={"daily_points": 3})
    Milestone.objects.create(campaign=campaign, days=7, reward=RewardKind.POINTS, amount=5)
    copied = life.clone(campaign)
    assert copied.check_in_plan.daily_points == 3
    assert copied.milestones.get().days == 7


def test_overlapping_campaigns_are_found():
    now = timezone.now()
    first = CampaignFactory(starts_at=now, ends_at=now + HOUR)
    beside = CampaignFactory(starts_at=now + HOUR / 2)
    CampaignFactory(starts_at=now + HOUR)
    assert list(Campaign.objects.overlapping(first)) == [beside]


def test_a_share_is_left_alone_and_compared():
    campaign = life.move(draft(holdout=50), CampaignState.SCHEDULED)
    assert campaign.experiment.state == ExperimentState.RUNNING
    accounts = [LinkedAccountFactory() for _ in range(40)]
    shown = {each.pk for each in accounts if open_to(each)}
    left_alone = {each.pk for each in accounts if audience.is_left_alone(campaign, each)}
    assert shown | left_alone == {each.pk for each in accounts}
    assert shown.isdisjoint(left_alone)
    assert shown
    assert left_alone
    assert Exposure.objects.filter(experiment=campaign.experiment).count() == 40
    life.move(campaign, CampaignState.ENDED)
    campaign.experiment.refresh_from_db()
    assert campaign.experiment.state == ExperimentState.STOPPED


def test_without_a_holdout_there_is_nothing_to_compare():
    assert life.move(draft(), CampaignState.SCHEDULED).experiment is None
    assert not LinkedAccount.objects.exists()
