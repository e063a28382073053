"""Links by which people claim coupons of a batch, one for each channel."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from promotions.models.coupon_batch import CouponBatch


def new_token() -> str:
    """An address that nobody guesses, short enough for a QR code that reads well."""
    return secrets.token_urlsafe(9)


class ClaimLink(models.Model):
    """A page on which coupons of a batch are claimed, for one channel: a poster, a newsletter, a partner.

    opened: browsers that opened it; registered: people who made an account on the way from it.
    """

    batch = models.ForeignKey(CouponBatch, on_delete=models.CASCADE, related_name="links", verbose_name=_("batch"))
    channel = models.CharField(_("channel"), max_length=50)
    token = models.CharField(max_length=20, unique=True, default=new_token, editable=False)
    opened = models.PositiveBigIntegerField(_("opened"), default=0, editable=False)
    registered = models.PositiveBigIntegerField(_("new registrations"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("claim link")
        verbose_name_plural = _("claim links")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["batch", "channel"], name="claim_link_once_a_channel")]

    def __str__(self) -> str:
        return f"{self.batch} · {self.channel}"
