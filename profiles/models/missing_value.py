"""What stands for a value that a platform left out, by stated rules."""

from django.db.models import Case, DecimalField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast

from profiles.models.course import Course
from profiles.models.event_type import EventType

VALUE = DecimalField(max_digits=16, decimal_places=4)
"""The kind of an event's value."""
WHOLE = 1
"""Who completed something without saying how much of it, completed it."""


def missing(event_type: EventType, **further: bool) -> Q:
    """Events of this type that came without a value, and for which `further` lookups hold."""
    return Q(type=event_type, value__isnull=True, **further)


def price_of_course() -> Cast:
    """What the event's course costs now, in minor units; null where that is not known."""
    return Cast(Subquery(Course.objects.filter(pk=OuterRef("course_id")).values("price")[:1]), VALUE)


def clean_value() -> Case:
    """The SQL expression of an event's value, with what stands for it where it is missing.

    A completion was whole; a purchase or refund was of the course's price. Null where nothing stands for it.
    """
    return Case(
        When(value__isnull=False, then=F("value")),
        When(missing(EventType.COMPLETE), then=Value(WHOLE)),
        When(missing(EventType.PURCHASE), then=price_of_course()),
        When(missing(EventType.REFUND), then=price_of_course()),
        output_field=VALUE,
    )
