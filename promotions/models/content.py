"""Exclusive content: articles that are open to certain people."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from profiles.models import Segment, SegmentMember
from promotions.models.coupon import Coupon, CouponState
from promotions.models.coupon_batch import CouponBatch


class ContentState(models.TextChoices):
    """Where a content stands."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ExclusiveContentQuerySet(models.QuerySet["ExclusiveContent"]):
    """Questions about exclusive content."""

    def published_at(self, moment: datetime) -> Self:
        """Those that are published, in their window then."""
        begun = Q(starts_at=None) | Q(starts_at__lte=moment)
        return self.filter(begun, Q(ends_at=None) | Q(ends_at__gt=moment), state=ContentState.PUBLISHED)

    def on(self, platform: Platform) -> Self:
        """Those for readers who come from this platform: those without platforms are for all."""
        named = ExclusiveContent.platforms.through.objects.order_by()
        here = named.filter(platform=platform).values("exclusivecontent")
        return self.filter(Q(pk__in=here) | ~Q(pk__in=named.values("exclusivecontent")))

    def opened_by(self, account: LinkedAccount) -> Self:
        """Those that anything opens for the person: a segment of the account, a coupon, or a grant."""
        mine = SegmentMember.objects.standing().filter(account=account).values("segment")
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        coupons = Coupon.objects.filter(unexpired, holder__person_id=account.person_id, state=CouponState.HELD)
        granted = ContentGrant.objects.filter(account__person_id=account.person_id)
        segments, batches = ExclusiveContent.segments.through.objects, ExclusiveContent.batches.through.objects
        return self.filter(
            Q(pk__in=segments.filter(segment__in=mine).values("exclusivecontent"))
            | Q(pk__in=batches.filter(couponbatch__in=coupons.order_by().values("batch")).values("exclusivecontent"))
            | Q(pk__in=granted.order_by().values("content"))
        )


class ExclusiveContent(models.Model):
    """An article in Markdown, and whom it is open to.

    Within its window and on its platforms (all, where none is named), any one of its openings is enough: a segment, a
    coupon of a batch, or a grant. Without any it is open to nobody, so that forgetting one gives nothing away.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), help_text=_("In Markdown. HTML and pictures are left out."))
    state = models.CharField(_("state"), max_length=10, choices=ContentState.choices, default=ContentState.DRAFT)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    platforms = models.ManyToManyField(Platform, blank=True, related_name="+", verbose_name=_("platforms"))
    segments = models.ManyToManyField(Segment, blank=True, related_name="+", verbose_name=_("segments"))
    batches = models.ManyToManyField(CouponBatch, blank=True, related_name="+", verbose_name=_("coupon batches"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = ExclusiveContentQuerySet.as_manager()

    class Meta:
        verbose_name = _("exclusive content")
        verbose_name_plural = _("exclusive contents")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="content_ends_after_start",
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ContentGrant(models.Model):
    """An account for which a content was opened by something it did, such as a draw that it won.

    source, reference: what gave it, and for what; together once for each content and account.
    """

    content = models.ForeignKey(ExclusiveContent, on_delete=models.CASCADE, related_name="grants")
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(_("source"), max_length=50)
    reference = models.CharField(_("reference"), max_length=200)
    granted_at = models.DateTimeField(_("granted"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("opening of content")
        verbose_name_plural = _("openings of content")
        constraints = [
            models.UniqueConstraint(fields=["content", "account", "source", "reference"], name="content_granted_once")
        ]

    def __str__(self) -> str:
        return f"{self.content_id} {self.source} {self.reference}"
