"""Messages to people: what is to be said, what was said, and what was held back and why."""

import uuid
from datetime import datetime, time
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from campaigns.models.campaign import Campaign

LONGEST_GAP = 7 * 24 * 60


class MessageKind(models.TextChoices):
    """What messages are about; a person may unsubscribe from each."""

    CAMPAIGN = "campaign", _("campaigns")
    COUPON_EXPIRING = "coupon_expiring", _("coupons that end soon")
    STREAK_AT_RISK = "streak_at_risk", _("check-ins still to do today")


class Channel(models.TextChoices):
    """How a message reaches a person."""

    INBOX = "inbox", _("inbox")
    EMAIL = "email", _("e-mail")
    PUSH = "push", _("by the platform's own push")


class MessageState(models.TextChoices):
    """What became of a message."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    STOPPED = "stopped", _("not sent")


class HoldReason(models.TextChoices):
    """Why a message was not sent, or not yet."""

    NO_CONSENT = "no_consent", _("does not agree to marketing")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    NO_ADDRESS = "no_address", _("no address known")
    QUIET_HOURS = "quiet_hours", _("quiet hours")
    CAP_DAY = "cap_day", _("enough for a day")
    CAP_WEEK = "cap_week", _("enough for a week")
    TOO_SOON = "too_soon", _("too soon after the last")
    FATIGUE = "fatigue", _("tired of messages")
    TOO_LATE = "too_late", _("its time is over")


class MessageQuerySet(models.QuerySet["Message"]):
    """Questions about messages."""

    def due_at_moment(self, moment: datetime) -> Self:
        """Those that wait and whose time has come."""
        return self.filter(state=MessageState.WAITING, due_at__lte=moment)

    def sent_to_person(self, account: LinkedAccount) -> Self:
        """Those that were sent to any account of the person."""
        return self.filter(state=MessageState.SENT, account__person_id=account.person_id)


class Message(models.Model):
    """One message to one account, once for each reference.

    priority: of several that compete, the highest is sent. due_at: not before. expires_at: not after, null for never.
    reason: why it was not sent, or was last held back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    campaign = models.ForeignKey(
        Campaign, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages", verbose_name=_("campaign")
    )
    kind = models.CharField(_("about"), max_length=20, choices=MessageKind.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.INBOX)
    priority = models.SmallIntegerField(_("priority"), default=0)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(_("address"), max_length=500, blank=True)
    reference = models.CharField(_("reference"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=MessageState.choices, default=MessageState.WAITING)
    reason = models.CharField(_("reason"), max_length=20, choices=HoldReason.choices, blank=True)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    expires_at = models.DateTimeField(_("useless after"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    dismissed_at = models.DateTimeField(_("dismissed"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["due_at"], name="message_due", condition=Q(state="waiting")),
            models.Index(fields=["account", "-sent_at"], name="message_sent", condition=Q(state="sent")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "reference"], name="message_once_for_a_reference"),
            models.CheckConstraint(
                name="message_state_fits",
                condition=Q(state="sent", sent_at__isnull=False)
                | (Q(state="stopped", sent_at__isnull=True) & ~Q(reason=""))
                | Q(state="waiting", sent_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class HeldBack(models.Model):
    """That a message was held back at the moment of sending, and why."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="held_back", verbose_name=_("message"))
    reason = models.CharField(_("reason"), max_length=20, choices=HoldReason.choices)
    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("message held back")
        verbose_name_plural = _("messages held back")

    def __str__(self) -> str:
        return self.get_reason_display()


class Unsubscribed(models.Model):
    """That somebody wants no more messages of a kind."""

    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    kind = models.CharField(_("about"), max_length=20, choices=MessageKind.choices)
    at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("unsubscription")
        verbose_name_plural = _("unsubscriptions")
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="unsubscribed_once")]

    def __str__(self) -> str:
        return self.get_kind_display()


class OutreachPolicy(models.Model):
    """How often anybody is written to, over all platforms, channels and campaigns together; there is one row.

    quiet_from, quiet_until: by the person's own clock; equal for no quiet hours. gap_minutes: between two messages.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    a_day = models.PositiveSmallIntegerField(_("messages a day at most"), default=1, validators=[MaxValueValidator(50)])
    a_week = models.PositiveSmallIntegerField(
        _("messages a week at most"), default=3, validators=[MaxValueValidator(200)]
    )
    gap_minutes = models.PositiveIntegerField(
        _("minutes between two messages"),
        default=240,
        validators=[MinValueValidator(0), MaxValueValidator(LONGEST_GAP)],
    )
    quiet_from = models.TimeField(_("quiet from"), default=time(21))
    quiet_until = models.TimeField(_("quiet until"), default=time(9))

    class Meta:
        verbose_name = _("rule for writing to people")
        verbose_name_plural = _("rules for writing to people")
        constraints = [models.CheckConstraint(name="outreach_policy_once", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "OutreachPolicy":
        """The rule of now; the defaults where nobody has changed it."""
        return cls.objects.first() or cls()
