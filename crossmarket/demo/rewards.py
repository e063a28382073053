"""Coupons, points and campaigns of the demo, so that wallets and pages show something from the beginning."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import LinkedAccount, User
from accounts.services.accounts import house_account
from campaigns.models import (
    Campaign,
    CampaignKind,
    CampaignState,
    CheckInPlan,
    LotteryPlan,
    LotteryStyle,
    Milestone,
    Prize,
    RewardKind,
)
from campaigns.services import checking_in, life
from crossmarket.demo.coupons import make_more_batches, use_and_miss
from promotions.models import BatchState, CodeKind, CouponBatch
from promotions.pricing.benefits import BenefitKind
from promotions.services import claiming, generating, points, publishing

COUPONS = 500
DAYS_IN_A_ROW = 4


def make_rewards(learner: User) -> None:
    """Live batches, a running check-in and a running lottery; this learner has used some of each."""
    account = house_account(learner)
    welcome, spring = _batches()
    for batch in (welcome, spring):
        claiming.claim(account.platform, account.external_id, batch.pk, "demo")
    use_and_miss(account)
    points.earn(account, 120, "demo", "welcome")
    lottery = _lottery(welcome)
    _check_in(lottery, account)


def _batches() -> tuple[CouponBatch, CouponBatch]:
    now = timezone.now()
    welcome = CouponBatch.objects.create(
        name="新人见面礼",
        description="每人一张，领取后七天内有效。",
        benefit=BenefitKind.PERCENT,
        value=2_000,
        cap=5_000,
        days_after_claim=7,
    )
    spring = CouponBatch.objects.create(
        name="学习季满减",
        benefit=BenefitKind.AMOUNT,
        value=1_500,
        minimum=9_900,
        group="season",
        ends_at=now + timedelta(days=2),
    )
    CouponBatch.objects.create(
        name="一起学 9 折",
        description="所有课程，人人可用。",
        benefit=BenefitKind.PERCENT,
        value=1_000,
        code_kind=CodeKind.SHARED,
        shared_code="LEARN10",
    )
    make_more_batches()
    for batch in CouponBatch.objects.filter(state=BatchState.DRAFT):
        if batch.code_kind == CodeKind.UNIQUE:
            generating.make(batch.pk, COUPONS)
        for state in (BatchState.REVIEW, BatchState.LIVE):
            publishing.move(batch, state)
    return welcome, spring


def _lottery(batch: CouponBatch) -> Campaign:
    lottery = Campaign.objects.create(
        name="周末幸运转盘",
        description="每天一次免费机会，打卡还能攒机会。",
        kind=CampaignKind.LOTTERY,
        ends_at=timezone.now() + timedelta(days=30),
    )
    plan = LotteryPlan.objects.create(
        campaign=lottery, style=LotteryStyle.WHEEL, nothing_weight=40, free_daily=1, price=20, guarantee_after=8
    )
    prizes = (
        ("实体课程笔记本", RewardKind.PHYSICAL, 1, 1, 10, None),
        ("100 积分", RewardKind.POINTS, 9, 100, 200, None),
        ("10 积分", RewardKind.POINTS, 40, 10, None, None),
        ("八折券", RewardKind.COUPON, 10, 1, None, batch),
    )
    for name, reward, weight, amount, stock, of_batch in prizes:
        made = Prize.objects.create(
            campaign=lottery, name=name, reward=reward, weight=weight, amount=amount, stock=stock, batch=of_batch
        )
    plan.guaranteed = made
    plan.save()
    return _run(lottery)


def _check_in(lottery: Campaign, account: LinkedAccount) -> None:
    campaign = Campaign.objects.create(
        name="二十一天学习打卡",
        description="每天学一点，连续打卡有奖励。",
        kind=CampaignKind.CHECK_IN,
        ends_at=timezone.now() + timedelta(days=60),
    )
    CheckInPlan.objects.create(campaign=campaign, daily_points=5, make_ups=3, make_up_days=7, make_up_price=30)
    for days, reward, amount in ((3, RewardKind.CARDS, 1), (7, RewardKind.CHANCES, 3), (21, RewardKind.POINTS, 500)):
        of_lottery = lottery if reward == RewardKind.CHANCES else None
        Milestone.objects.create(campaign=campaign, days=days, reward=reward, amount=amount, lottery=of_lottery)
    running = _run(campaign)
    Campaign.objects.filter(pk=running.pk).update(starts_at=timezone.now() - timedelta(days=DAYS_IN_A_ROW + 3))
    for ago in range(DAYS_IN_A_ROW, 0, -1):
        moment = timezone.now() - timedelta(days=ago)
        checking_in.check_in(account.platform, account.external_id, running.pk, moment)


def _run(campaign: Campaign) -> Campaign:
    life.move(campaign, CampaignState.SCHEDULED)
    return life.move(campaign, CampaignState.RUNNING)
