"""Gifts: a coupon that its holder offers to somebody else."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from promotions.models.coupon import Coupon


class GiftQuerySet(models.QuerySet["Gift"]):
    """Questions about gifts."""

    def open(self) -> Self:
        """Those that can still be accepted."""
        return self.filter(accepted_at=None, taken_back_at=None, expires_at__gt=timezone.now())

    def accepted(self) -> Self:
        """Those that somebody has."""
        return self.filter(accepted_at__isnull=False)


class Gift(models.Model):
    """A coupon offered by one who has it: accepted by whoever brings its link, or taken back, or over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, related_name="gifts", verbose_name=_("coupon"))
    giver = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("given by"))
    receiver = models.ForeignKey(
        LinkedAccount, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("accepted by")
    )
    created_at = models.DateTimeField(_("given"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("to be accepted until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    taken_back_at = models.DateTimeField(_("taken back"), null=True)

    objects = GiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("gift")
        verbose_name_plural = _("gifts")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["coupon"], condition=Q(accepted_at=None, taken_back_at=None), name="gift_one_at_a_time"
            ),
            models.CheckConstraint(
                name="gift_accepted_or_taken_back", condition=Q(accepted_at=None) | Q(taken_back_at=None)
            ),
            models.CheckConstraint(name="gift_expires_later", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} {self.created_at:%Y-%m-%d}"
