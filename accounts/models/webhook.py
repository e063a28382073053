"""Webhooks: where platforms want to be told of changes, and what became of each telling."""

import base64
import secrets
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.change import Change
from accounts.models.platform import Platform
from crossmarket.foundation import outward

SECRET_PREFIX = "whsec_"  # noqa: S105 every secret begins so
SECRET_BYTES = 32


def new_webhook_secret() -> str:
    """A secret to sign webhooks with, in the form of the Standard Webhooks specification."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def validate_receiver(value: str) -> None:
    """Raise `ValidationError` unless webhooks may be sent to this address."""
    try:
        outward.check_address(value)
    except outward.Forbidden:
        words = _("%(value)s is no address for webhooks. Write it like https://shop.example/webhooks")
        raise ValidationError(words, params={"value": value}) from None


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Questions about endpoints."""

    def awake(self) -> Self:
        """Those that are switched on and not left alone for a while after failures."""
        is_rested = models.Q(resting_until__isnull=True) | models.Q(resting_until__lte=timezone.now())
        return self.filter(is_rested, is_active=True)


class WebhookEndpoint(models.Model):
    """An address at which a platform wants to be told.

    `position` is the place in the platform's stream up to which deliveries were made ready. `failures` counts those
    since the last success; after some, nothing is sent to the endpoint before `resting_until`.
    """

    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, related_name="webhook_endpoints", verbose_name=_("platform")
    )
    url = models.CharField(
        _("address"),
        max_length=500,
        validators=[validate_receiver],
        help_text=_("Changes are posted there, such as https://shop.example/webhooks."),
    )
    types = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("what it is told of"),
        default=list,
        blank=True,
        help_text=_("None chosen: everything, also what is added later."),
    )
    is_active = models.BooleanField(
        _("switched on"),
        default=True,
        help_text=_("What happens while it is switched off is sent once it is switched on again."),
    )
    secret = models.CharField(max_length=100, default=new_webhook_secret, editable=False)
    former_secret = models.CharField(max_length=100, blank=True, editable=False)
    former_secret_until = models.DateTimeField(null=True, editable=False)
    position = models.BigIntegerField(default=0, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    resting_until = models.DateTimeField(_("left alone until"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["platform__name", "id"]

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    PARKED = "parked", _("given up")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Questions about deliveries."""

    def waiting(self) -> Self:
        """Those to be sent."""
        return self.filter(state=DeliveryState.WAITING)

    def parked(self) -> Self:
        """Those given up, to be replayed."""
        return self.filter(state=DeliveryState.PARKED)

    def due(self) -> Self:
        """Those to be sent now: waiting, their time has come, and nothing earlier of the same user waits."""
        earlier = Delivery.objects.waiting().filter(
            endpoint=models.OuterRef("endpoint"),
            user_id=models.OuterRef("user_id"),
            position__lt=models.OuterRef("position"),
        )
        return self.waiting().filter(~models.Exists(earlier), due_at__lte=timezone.now())


class Delivery(models.Model):
    """One change on its way to one endpoint; user and position are the change's own, for order."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook endpoint")
    )
    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("change"))
    user_id = models.CharField(_("user id on the platform"), max_length=200, blank=True)
    position = models.BigIntegerField(_("position"))
    state = models.CharField(_("state"), max_length=20, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    waiting_since = models.DateTimeField(_("waiting since"))
    due_at = models.DateTimeField(_("next attempt"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint("endpoint", "change", name="delivery_unique_on_endpoint"),
            models.CheckConstraint(
                name="delivery_has_time_when_delivered",
                condition=models.Q(state=DeliveryState.DELIVERED) ^ models.Q(delivered_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "user_id", "position"],
                name="delivery_waiting_of_user",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["endpoint", "position"], name="delivery_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["endpoint", "position"], name="delivery_parked", condition=models.Q(state="parked")),
        ]

    def __str__(self) -> str:
        return str(self.change)


class DeliveryAttempt(models.Model):
    """One try to deliver and what the receiver answered; `status` is null where there was no answer."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="answers", verbose_name=_("delivery"))
    at = models.DateTimeField(_("time"), auto_now_add=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    words = models.TextField(_("answer"), blank=True)
    seconds = models.FloatField(_("duration"))

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.status or '-'} · {self.words[:40]}"
