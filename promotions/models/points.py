"""Points: a double-entry ledger. What somebody gains another loses, and a balance is the sum of its entries."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount


class PurseKind(models.TextChoices):
    """Whose points a purse holds."""

    HOLDER = "holder", _("a person's account")
    ISSUED = "issued", _("points given out")
    SPENT = "spent", _("points spent")
    EXPIRED = "expired", _("points expired")


class TransferKind(models.TextChoices):
    """Why points moved."""

    EARN = "earn", _("earned")
    SPEND = "spend", _("spent")
    EXPIRE = "expire", _("expired")
    REVERSE = "reverse", _("reversed")


class Purse(models.Model):
    """Points of one account, or one of our own counters, of which there is one each.

    holder: null also once the account was erased. balance: the sum of its entries; never below 0 with people, and not
    kept with our own counters, which everybody would wait for (null).
    """

    kind = models.CharField(_("kind"), max_length=10, choices=PurseKind.choices, default=PurseKind.HOLDER)
    holder = models.OneToOneField(
        LinkedAccount, on_delete=models.PROTECT, null=True, related_name="purse", verbose_name=_("account")
    )
    balance = models.BigIntegerField(_("balance"), null=True, default=0)

    class Meta:
        verbose_name = _("purse")
        verbose_name_plural = _("purses")
        constraints = [
            models.CheckConstraint(
                name="purse_never_overdrawn",
                condition=Q(kind=PurseKind.HOLDER, balance__gte=0)
                | (~Q(kind=PurseKind.HOLDER) & Q(holder=None, balance=None)),
            ),
            models.UniqueConstraint(fields=["kind"], condition=~Q(kind=PurseKind.HOLDER), name="purse_of_ours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.balance}"


class Transfer(models.Model):
    """One movement of points between purses. Its entries sum to 0, which the database sees to at each commit.

    It is never changed: what was wrong is reversed. source and reference name what it is for, such as `check-in` and
    the day; the same is never booked twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=TransferKind.choices)
    source = models.CharField(_("source"), max_length=50)
    reference = models.CharField(_("reference"), max_length=200)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversal", verbose_name=_("reverses")
    )
    created_at = models.DateTimeField(_("booked"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("transfer of points")
        verbose_name_plural = _("transfers of points")
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["source", "reference"], name="transfer_booked_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.reference}"


class Entry(models.Model):
    """What a transfer adds to one purse, or takes from it."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    purse = models.ForeignKey(Purse, on_delete=models.PROTECT, related_name="entries")
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["transfer", "purse"], name="entry_once_a_purse"),
            models.CheckConstraint(name="entry_moves_something", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class LotQuerySet(models.QuerySet["Lot"]):
    """Questions about lots."""

    def left(self) -> Self:
        """Those of which something is left, in the order in which they are spent: what expires first goes first."""
        return self.filter(left__gt=0).order_by(F("expires_at").asc(nulls_last=True), "pk")


class Lot(models.Model):
    """Points that came into a purse together, and expire together (never, where that is null).

    left: how many of them are there still; the lots of a purse sum to its balance.
    """

    purse = models.ForeignKey(Purse, on_delete=models.CASCADE, related_name="lots")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="lots")
    amount = models.BigIntegerField(_("amount"))
    left = models.BigIntegerField(_("left"))
    expires_at = models.DateTimeField(_("expires"), null=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lot of points")
        verbose_name_plural = _("lots of points")
        constraints = [
            models.CheckConstraint(name="lot_within_amount", condition=Q(left__gte=0, left__lte=F("amount"))),
        ]
        indexes = [models.Index(fields=["expires_at"], name="lot_expiring", condition=Q(left__gt=0))]

    def __str__(self) -> str:
        return f"{self.left}/{self.amount}"


class LotUse(models.Model):
    """How much of a lot a transfer took, so that reversing it gives back points that expire as they did."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="lot_uses")
    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="uses")
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("use of a lot")
        verbose_name_plural = _("uses of lots")
        constraints = [models.CheckConstraint(name="lot_use_takes_something", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return f"{self.amount}"
