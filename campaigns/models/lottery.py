"""Lotteries: prizes and odds, what each draw was made of, and who may draw."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from campaigns.models.campaign import Campaign
from campaigns.models.reward import RewardPlan

SEED_BYTES = 32
HASH = 64
"""Characters of a SHA-256 in hexadecimal."""


def new_seed() -> str:
    """A secret from the system's source of randomness, in hexadecimal."""
    return secrets.token_hex(SEED_BYTES)


def new_alias() -> str:
    """A name that tells nothing of who bears it."""
    return secrets.token_hex(8)


class LotteryStyle(models.TextChoices):
    """How drawing looks; the engine is one."""

    WHEEL = "wheel", _("wheel")
    GRID = "grid", _("grid")
    SCRATCH = "scratch", _("scratch card")


class LotteryPlan(models.Model):
    """The terms of a lottery, and the end of the chain of its draws.

    seed: secret until the campaign has ended; its SHA-256 is shown before. nothing_weight: the odds of nothing, beside
    the weights of prizes. guarantee_after: who has won nothing in so many draws less one wins `guaranteed` in the
    next. purchase_draws: chances for each purchase while it runs. free_daily: draws that cost nothing, a day; price:
    points for one more, null where there is none to buy. draws_a_day: what a person may draw on a day at most.
    account_days: how old an account must be. device_accounts: how many other people's accounts may use its device.
    terms: the published terms as they were when the campaign was scheduled. head: the hash of the last record.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="lottery_plan", verbose_name=_("campaign")
    )
    style = models.CharField(_("style"), max_length=10, choices=LotteryStyle.choices, default=LotteryStyle.WHEEL)
    seed = models.CharField(max_length=2 * SEED_BYTES, default=new_seed, editable=False)
    nothing_weight = models.PositiveIntegerField(_("weight of nothing"), default=0)
    guarantee_after = models.PositiveIntegerField(_("guarantee after so many draws"), null=True, blank=True)
    guaranteed = models.ForeignKey(
        "Prize", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("guaranteed prize")
    )
    purchase_draws = models.PositiveSmallIntegerField(_("draws for a purchase"), default=0)
    free_daily = models.PositiveSmallIntegerField(_("free draws a day"), default=0)
    price = models.PositiveIntegerField(_("points for a draw"), null=True, blank=True)
    draws_a_day = models.PositiveSmallIntegerField(_("draws a day at most"), null=True, blank=True)
    account_days = models.PositiveSmallIntegerField(_("days that an account must be old"), default=0)
    device_accounts = models.PositiveSmallIntegerField(_("accounts on one device at most"), null=True, blank=True)
    terms = models.TextField(editable=False, blank=True)
    head = models.CharField(max_length=HASH, editable=False, blank=True)
    drawn = models.PositiveBigIntegerField(_("draws"), default=0, editable=False)

    class Meta:
        verbose_name = _("plan of a lottery")
        verbose_name_plural = _("plans of lotteries")
        constraints = [
            models.CheckConstraint(
                name="lottery_guarantee_names_a_draw", condition=Q(guarantee_after=None) | Q(guarantee_after__gte=1)
            ),
            models.CheckConstraint(name="lottery_price_is_one", condition=Q(price=None) | Q(price__gte=1)),
        ]

    def __str__(self) -> str:
        return str(self.campaign)


class Prize(RewardPlan):
    """Something to win: its weight among all, and how often it can be won in all, on a day, and by one person."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="prizes", verbose_name=_("campaign"))
    name = models.CharField(_("name"), max_length=100)
    weight = models.PositiveIntegerField(_("weight"), default=1)
    stock = models.PositiveIntegerField(_("stock"), null=True, blank=True)
    a_day = models.PositiveIntegerField(_("a day at most"), null=True, blank=True)
    a_person = models.PositiveIntegerField(_("for a person at most"), null=True, blank=True)
    given = models.PositiveIntegerField(_("won"), default=0, editable=False)

    class Meta(RewardPlan.Meta):
        verbose_name = _("prize")
        verbose_name_plural = _("prizes")
        ordering = ["pk"]
        constraints = [
            *RewardPlan.Meta.constraints,
            models.CheckConstraint(name="prize_within_stock", condition=Q(stock=None) | Q(given__lte=F("stock"))),
        ]

    def __str__(self) -> str:
        return self.name


class Chance(models.Model):
    """Draws that somebody may make, for a reason that counts once for each account."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="chances", verbose_name=_("campaign"))
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    draws = models.PositiveIntegerField(_("draws"), default=1)
    reason = models.CharField(_("reason"), max_length=200)
    given_at = models.DateTimeField(_("given"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("chance to draw")
        verbose_name_plural = _("chances to draw")
        constraints = [
            models.UniqueConstraint(fields=["account", "campaign", "reason"], name="chance_once_for_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.draws}: {self.reason}"


class Entrant(models.Model):
    """Who draws, by a name that tells nobody who it is. `account` is null once the account was erased."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="entrants", verbose_name=_("campaign")
    )
    account = models.ForeignKey(
        LinkedAccount, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("account")
    )
    alias = models.CharField(_("alias"), max_length=16, default=new_alias, editable=False)
    draws = models.PositiveIntegerField(_("draws"), default=0, editable=False)
    misses = models.PositiveIntegerField(_("draws since the last prize"), default=0, editable=False)

    class Meta:
        verbose_name = _("entrant")
        verbose_name_plural = _("entrants")
        constraints = [
            models.UniqueConstraint(fields=["account", "campaign"], name="entrant_once"),
            models.UniqueConstraint(fields=["campaign", "alias"], name="entrant_alias_once"),
        ]

    def __str__(self) -> str:
        return self.alias


class PaidWith(models.TextChoices):
    """What a draw cost."""

    FREE = "free", _("a free draw of the day")
    CHANCE = "chance", _("a chance")
    POINTS = "points", _("points")


class Draw(models.Model):
    """One draw, with all that it was made of; the hash of each record holds the hash of the one before.

    number: its place in the campaign, from 1. turn: its place among the draws of its entrant, from 1. keys, weights:
    the table of prizes at that moment, the key of nothing being 0.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="draws", verbose_name=_("campaign"))
    number = models.PositiveBigIntegerField(_("number"))
    entrant = models.ForeignKey(Entrant, on_delete=models.PROTECT, related_name="+", verbose_name=_("entrant"))
    turn = models.PositiveIntegerField(_("turn"))
    nonce = models.CharField(_("nonce"), max_length=64, blank=True)
    keys = ArrayField(models.BigIntegerField(), verbose_name=_("prizes"))
    weights = ArrayField(models.BigIntegerField(), verbose_name=_("weights"))
    prize = models.ForeignKey(Prize, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("prize"))
    paid_with = models.CharField(_("paid with"), max_length=10, choices=PaidWith.choices)
    day = models.DateField(_("day"))
    previous = models.CharField(_("hash before"), max_length=HASH)
    hash = models.CharField(_("hash"), max_length=HASH)
    drawn_at = models.DateTimeField(_("drawn"), editable=False)

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["entrant", "day"], name="draw_of_entrant")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="draw_number_once"),
            models.UniqueConstraint(fields=["entrant", "turn"], name="draw_turn_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class PrizeDay(models.Model):
    """How often a prize was won on a day of the campaign's time zone."""

    prize = models.ForeignKey(Prize, on_delete=models.CASCADE, related_name="days", verbose_name=_("prize"))
    day = models.DateField(_("day"))
    given = models.PositiveIntegerField(_("won"), default=0)

    class Meta:
        verbose_name = _("day of a prize")
        verbose_name_plural = _("days of prizes")
        constraints = [models.UniqueConstraint(fields=["prize", "day"], name="prize_day_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class Blocked(models.Model):
    """An account that may not draw in any lottery."""

    account = models.OneToOneField(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    why = models.CharField(_("why"), max_length=200)
    since = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("blocked account")
        verbose_name_plural = _("blocked accounts")

    def __str__(self) -> str:
        return self.why


class Parcel(models.Model):
    """Where a prize is to be sent, as the winner has said."""

    draw = models.OneToOneField(Draw, on_delete=models.CASCADE, related_name="parcel", verbose_name=_("draw"))
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    recipient = models.CharField(_("recipient"), max_length=100)
    phone = models.CharField(_("phone"), max_length=40)
    address = models.TextField(_("address"), max_length=500)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")

    def __str__(self) -> str:
        return f"{self.draw_id}"
