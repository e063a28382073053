"""What linked accounts did."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self, TypedDict, cast

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Case, F, FloatField, Q, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from accounts.models.linked_account import consenting_to
from profiles.models.course import Course
from profiles.models.event_type import EventType
from profiles.models.missing_value import clean_value

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Telling(TypedDict):
    """What `EventQuerySet.engaging` adds to an event."""

    engagement: float


ENGAGEMENT = {
    EventType.VIEW: 1.0,
    EventType.CLICK: 1.0,
    EventType.LIKE: 3.0,
    EventType.SHARE: 4.0,
    EventType.COMMENT: 2.0,
    EventType.PURCHASE: 5.0,
}
"""How much an event tells of liking its course (an ordinary look is 1). Ratings and completions go by their value;
searches, impressions and refunds tell nothing of liking."""


def engagement() -> Case:
    """The SQL expression of how much an event tells of liking its course, 0 for nothing; see `ENGAGEMENT`."""
    by_value = Cast(Coalesce(F("value"), Value(Decimal(1))), FloatField())
    return Case(
        *(When(type=name, then=Value(weight)) for name, weight in ENGAGEMENT.items()),
        When(type=EventType.COMPLETE, then=Value(1.0) + Value(4.0) * by_value),
        When(Q(type=EventType.RATING, value__gt=2), then=Value(2.0) * (by_value - Value(2.0))),
        default=Value(0.0),
        output_field=FloatField(),
    )


class EventQuerySet(models.QuerySet["Event"]):
    """Questions about events."""

    def consented(self, *purposes: str) -> Self:
        """Those of accounts that agree to all of these purposes now."""
        return self.filter(consenting_to(*purposes, path="account__"))

    def cleaned(self) -> Self:
        """Those that no step of cleaning left out. `clean_value` is the value, or what stands for a missing one.

        Whatever learns from events, or counts them, reads these.
        """
        return self.filter(flag__isnull=True).annotate(clean_value=clean_value())

    def engaging(self) -> "models.QuerySet[WithAnnotations[Event, Telling]]":
        """Those that tell of liking a course, with how much as `engagement` (float, above 0)."""
        telling = self.filter(course__isnull=False).annotate(engagement=engagement()).filter(engagement__gt=0)
        return cast("models.QuerySet[WithAnnotations[Event, Telling]]", telling)

    def of_type(self, *types: str) -> Self:
        """Those of these types."""
        return self.filter(type__in=types)


class Event(models.Model):
    """One thing an account did. Events are never altered; joining persons does not touch them.

    `value` is a rating (1 to 5), an amount in minor units (purchase, refund) or a share of completion (0 to 1).
    """

    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("platform")
    )
    account = models.ForeignKey(
        LinkedAccount, on_delete=models.CASCADE, related_name="events", db_index=False, verbose_name=_("account")
    )
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="events", null=True, db_index=False, verbose_name=_("course")
    )
    message_id = models.CharField(_("message id"), max_length=200)
    type = models.CharField(_("type"), max_length=12, choices=EventType.choices)
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=4, null=True)
    timestamp = models.DateTimeField(_("time"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    context = models.JSONField(_("context"), null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["platform", "message_id"], name="event_once"),
            models.CheckConstraint(name="event_type_known", condition=Q(type__in=EventType.values)),
        ]
        indexes = [
            BrinIndex(fields=["timestamp"], name="event_by_time", autosummarize=True),
            BrinIndex(fields=["received_at"], name="event_by_receipt", autosummarize=True),
            models.Index(fields=["account", "-timestamp"], name="event_of_account"),
            models.Index(
                fields=["course", "type", "-timestamp"],
                name="opinion_on_course",
                condition=Q(type__in=[EventType.RATING, EventType.COMMENT]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.timestamp:%Y-%m-%d %H:%M}"
