"""Giving rewards: each once for a reason, whichever of a person's accounts asks, and never above the budget."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from accounts.models import LinkedAccount
from campaigns.models import Campaign, Chance, Grant, RewardKind, RewardPlan
from promotions.models import ExclusiveContent
from promotions.services import claiming, contents, points

SOURCE = "campaign"


@dataclass(frozen=True)
class Reward:
    """What is to be given: `amount` points, draws of `lottery` or cards, a coupon of `batch`, or `content` opened."""

    kind: RewardKind
    amount: int = 1
    batch: UUID | None = None
    lottery: UUID | None = None
    content: UUID | None = None

    @classmethod
    def planned(cls, plan: RewardPlan) -> "Reward":
        """What a plan says."""
        return cls(RewardKind(plan.reward), plan.amount, plan.batch_id, plan.lottery_id, plan.content_id)


def grant(campaign: Campaign, account: LinkedAccount, reason: str, reward: Reward) -> Grant | None:
    """Give it to a held person, unless they were given it for this reason already; then what they were given.

    None where the budget or the batch has nothing left to give. The caller is in a transaction and holds the person.
    """
    known = Grant.objects.filter(campaign=campaign, account__person_id=account.person_id, reason=reason).first()
    if known is not None:
        return known
    result = ""
    match reward.kind:
        case RewardKind.POINTS:
            if not _take_from_budget(campaign, reward.amount):
                return None
            points.earn(account, reward.amount, SOURCE, f"{campaign.pk} {account.pk} {reason}")
        case RewardKind.COUPON:
            if reward.batch is None:
                raise ValueError("A coupon needs a batch.")
            try:
                coupon = claiming.give(account, reward.batch, channel=campaign.name[:50])
            except claiming.CannotClaim:
                return None
            result = coupon.code or coupon.batch.shared_code
        case RewardKind.CONTENT:
            result = _open(campaign, account, reason, reward.content)
        case RewardKind.CHANCES:
            if reward.lottery is None:
                raise ValueError("Draws need a lottery.")
            Chance.objects.get_or_create(
                campaign_id=reward.lottery,
                account=account,
                reason=f"{campaign.pk} {reason}",
                defaults={"draws": reward.amount},
            )
    return Grant.objects.create(
        campaign=campaign, account=account, reason=reason, reward=reward.kind, amount=reward.amount, result=result
    )


def _open(campaign: Campaign, account: LinkedAccount, reason: str, content_id: UUID | None) -> str:
    """Open a content to the person; returns its title."""
    if content_id is None:
        raise ValueError("Opening a content needs the content.")
    content = ExclusiveContent.objects.get(pk=content_id)
    contents.open_to(account, content, SOURCE, f"{campaign.pk} {account.pk} {reason}")
    return content.title[:100]


def _take_from_budget(campaign: Campaign, amount: int) -> bool:
    fits = Q(points_budget=None) | Q(points_budget__gte=F("points_given") + amount)
    return bool(Campaign.objects.filter(fits, pk=campaign.pk).update(points_given=F("points_given") + amount))
