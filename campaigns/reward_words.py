"""Rewards and odds in words, in the active language."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, Grant, Prize, RewardKind, RewardPlan
from promotions import rule_words


def of_plan(plan: RewardPlan) -> str:
    """What will be given."""
    if plan.reward == RewardKind.COUPON and plan.batch is not None:
        return _("coupon: %(rule)s") % {"rule": rule_words.gives_in_words(plan.batch)}
    if plan.reward == RewardKind.CONTENT and plan.content is not None:
        return _("for you alone: %(title)s") % {"title": plan.content.title}
    return _counted(RewardKind(plan.reward), plan.amount)


def of_grant(grant: Grant) -> str:
    """What was given."""
    if grant.reward == RewardKind.COUPON:
        return _("coupon %(code)s") % {"code": grant.result}
    if grant.reward == RewardKind.CONTENT:
        return _("for you alone: %(title)s") % {"title": grant.result}
    return _counted(RewardKind(grant.reward), grant.amount)


def odds_of(campaign: Campaign) -> list[tuple[Prize, float]]:
    """Each prize with its probability in a draw while it lasts, as published."""
    prizes = list(campaign.prizes.all())
    total = campaign.lottery_plan.nothing_weight + sum(prize.weight for prize in prizes)
    return [(prize, prize.weight / total if total else 0.0) for prize in prizes]


def _counted(kind: RewardKind, amount: int) -> str:
    match kind:
        case RewardKind.POINTS:
            words = ngettext("one point", "%(count)d points", amount)
        case RewardKind.CHANCES:
            words = ngettext("one draw in a lottery", "%(count)d draws in a lottery", amount)
        case RewardKind.CARDS:
            words = ngettext("one make-up card", "%(count)d make-up cards", amount)
        case RewardKind.COUPON:
            words = _("coupon")
        case RewardKind.CONTENT:
            words = _("exclusive content")
        case RewardKind.PHYSICAL:
            words = _("something that is sent to you")
        case _:
            words = _("thank you")
    return words % {"count": amount}
