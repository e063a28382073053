"""The plan of a campaign: whether it is whole, its copy, and of a lottery the terms that are published."""

from django.utils.translation import gettext as _

from campaigns.fairness import terms
from campaigns.fairness.terms import NOTHING, PrizeTerms, Terms
from campaigns.models import Campaign, CampaignKind, CheckInPlan, LotteryPlan, Milestone, Prize, RewardKind
from campaigns.models.lottery import new_seed
from promotions.models import BatchState


class PlanBroken(ValueError):
    """The plan cannot work; the message says what to mend."""


def check_plan(campaign: Campaign) -> None:
    """Raises `PlanBroken` for what would keep the campaign from ever working."""
    rewards: list[Milestone | Prize]
    if campaign.kind == CampaignKind.CHECK_IN:
        if not CheckInPlan.objects.filter(campaign=campaign).exists():
            raise PlanBroken(_("Say what a day gives first."))
        rewards = list(campaign.milestones.select_related("batch"))
    else:
        if not LotteryPlan.objects.filter(campaign=campaign).exists():
            raise PlanBroken(_("Say how people draw first."))
        rewards = list(campaign.prizes.select_related("batch"))
        _check_prizes(campaign, [each for each in rewards if isinstance(each, Prize)])
    for reward in rewards:
        if reward.reward == RewardKind.COUPON and reward.batch and reward.batch.state != BatchState.LIVE:
            raise PlanBroken(_("The coupon batch “%(batch)s” is not live.") % {"batch": reward.batch})


def _check_prizes(campaign: Campaign, prizes: list[Prize]) -> None:
    plan = campaign.lottery_plan
    if not prizes:
        raise PlanBroken(_("There is no prize yet."))
    if not plan.nothing_weight + sum(prize.weight for prize in prizes):
        raise PlanBroken(_("Nothing in this lottery has any weight."))
    if (plan.guarantee_after is None) != (plan.guaranteed is None):
        raise PlanBroken(_("A guarantee needs both a number of draws and a prize."))
    if plan.guaranteed is not None and plan.guaranteed.campaign_id != campaign.pk:
        raise PlanBroken(_("The guaranteed prize belongs to another lottery."))


def publish(campaign: Campaign) -> LotteryPlan:
    """Draw a new secret seed and write the terms down, which hold from now on whatever is changed at the desk."""
    plan = campaign.lottery_plan
    plan.seed = new_seed()
    plan.terms = terms.write(terms_of(campaign, plan))
    plan.head = terms.first_hash(plan.terms)
    plan.save()
    return plan


def terms_of(campaign: Campaign, plan: LotteryPlan) -> Terms:
    """What would be published if the lottery were scheduled now."""
    return Terms(
        campaign=str(campaign.pk),
        commitment=terms.commitment(plan.seed),
        timezone=campaign.timezone,
        nothing_weight=plan.nothing_weight,
        prizes=tuple(
            PrizeTerms(
                prize.pk,
                prize.name,
                prize.weight,
                prize.stock,
                prize.a_day,
                prize.a_person,
                prize.amount if prize.reward == RewardKind.POINTS else 0,
            )
            for prize in campaign.prizes.order_by("pk")
        ),
        guarantee_after=plan.guarantee_after,
        guaranteed=plan.guaranteed_id or NOTHING,
        points_budget=campaign.points_budget,
    )


def copy_plan(source: Campaign, into: Campaign) -> None:
    """The same plan for another campaign, with nothing drawn or won."""
    check_ins = CheckInPlan.objects.filter(campaign=source).first()
    if check_ins is not None:
        _copy(check_ins, into)
    for milestone in source.milestones.all():
        _copy(milestone, into)
    plan = LotteryPlan.objects.filter(campaign=source).first()
    if plan is None:
        return
    guaranteed, plan.guaranteed = plan.guaranteed_id, None
    plan.seed, plan.terms, plan.head, plan.drawn = new_seed(), "", "", 0
    _copy(plan, into)
    copied: dict[int, Prize] = {}
    for prize in source.prizes.all():
        key, prize.given = prize.pk, 0
        _copy(prize, into)
        copied[key] = prize
    if guaranteed is not None:
        LotteryPlan.objects.filter(campaign=into).update(guaranteed=copied[guaranteed])


def _copy(row: CheckInPlan | LotteryPlan | Milestone | Prize, into: Campaign) -> None:
    row.campaign = into
    if isinstance(row, Milestone | Prize):
        row.pk = None
    row._state.adding = True  # noqa: SLF001 Django's way to copy a row
    row.save(force_insert=True)
