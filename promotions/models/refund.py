"""Refunds: what went back of orders that were paid with coupons."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from promotions.models.redemption import Redemption


class Refund(models.Model):
    """Some units of an order that came back, once; never changed. Money in minor units.

    amount: what the person gets back; discount: what coupons had taken off the same units, which is theirs again to
    give.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    redemption = models.ForeignKey(
        Redemption, on_delete=models.CASCADE, related_name="refunds", verbose_name=_("redemption")
    )
    amount = models.BigIntegerField(_("paid back"))
    discount = models.BigIntegerField(_("discount returned"))
    created_at = models.DateTimeField(_("refunded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(name="refund_takes_nothing", condition=Q(amount__gte=0, discount__gte=0))]

    def __str__(self) -> str:
        return f"{self.redemption_id} {self.amount}"


class RefundLine(models.Model):
    """What came back of one line of the order.

    line: its place in `Redemption.lines`. units: how many; of an order without items, minor units of its amount.
    discounts: of each use of the redemption, in their order, the part of its discount. A trigger keeps the units of all
    refunds within what was bought, whatever programs do.
    """

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines", verbose_name=_("refund"))
    line = models.PositiveSmallIntegerField(_("line"))
    units = models.BigIntegerField(_("units"))
    amount = models.BigIntegerField(_("paid back"))
    discounts = ArrayField(models.BigIntegerField(), verbose_name=_("discount returned"))

    class Meta:
        verbose_name = _("line of a refund")
        verbose_name_plural = _("lines of refunds")
        ordering = ["refund", "line"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="refund_line_once"),
            models.CheckConstraint(
                name="refund_line_of_something", condition=Q(units__gt=0, amount__gte=0, line__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.units}"
