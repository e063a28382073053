"""What campaigns give: told by plans, and written down once given."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from campaigns.models.campaign import Campaign, CampaignKind
from promotions.models import CouponBatch, ExclusiveContent


class RewardKind(models.TextChoices):
    """What can be given."""

    POINTS = "points", _("points")
    COUPON = "coupon", _("coupon")
    CONTENT = "content", _("exclusive content")
    CHANCES = "chances", _("draws in a lottery")
    CARDS = "cards", _("make-up cards")
    PHYSICAL = "physical", _("something that is sent")
    THANKS = "thanks", _("thanks")


class RewardPlan(models.Model):
    """Something that will be given: `amount` points, draws or cards, a coupon of a batch, or a content opened."""

    reward = models.CharField(_("what is given"), max_length=10, choices=RewardKind.choices)
    amount = models.PositiveIntegerField(_("how many"), default=1)
    batch = models.ForeignKey(
        CouponBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("coupon batch")
    )
    content = models.ForeignKey(
        ExclusiveContent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("exclusive content"),
    )
    lottery = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"kind": CampaignKind.LOTTERY},
        verbose_name=_("lottery"),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_names_what_it_gives",
                condition=(
                    Q(reward=RewardKind.COUPON, batch__isnull=False)
                    | Q(reward=RewardKind.CONTENT, content__isnull=False)
                    | Q(reward=RewardKind.CHANCES, lottery__isnull=False)
                    | Q(reward__in=[RewardKind.POINTS, RewardKind.CARDS, RewardKind.PHYSICAL, RewardKind.THANKS])
                )
                & Q(amount__gte=1),
            )
        ]


class Grant(models.Model):
    """One reward that a campaign has given to an account, for a reason that counts once for each account.

    reason: such as `day 2026-11-25`, `milestone 3` or `draw 17`. result: the code of a coupon, where it is one.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="grants", verbose_name=_("campaign"))
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    reason = models.CharField(_("reason"), max_length=100)
    reward = models.CharField(_("what was given"), max_length=10, choices=RewardKind.choices)
    amount = models.PositiveIntegerField(_("how many"), default=1)
    result = models.CharField(_("result"), max_length=100, blank=True)
    granted_at = models.DateTimeField(_("given"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reward given")
        verbose_name_plural = _("rewards given")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account", "campaign"], name="grant_of_account")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "account", "reason"], name="grant_once_for_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.get_reward_display()}"
