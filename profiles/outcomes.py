"""What persons did that is counted when something is tried on them: whose events, and how much each counts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce

from accounts.models import LinkedAccount, Purpose
from accounts.models.linked_account import consenting_to
from profiles.models import Event, EventType, Measure


def agreeing() -> QuerySet[LinkedAccount, Any]:
    """Accounts whose events may be measured: id, person, whether they share with the person's others."""
    shares = Case(
        When(consenting_to(Purpose.CROSS_PLATFORM), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    return LinkedAccount.objects.consenting(Purpose.PROFILING).values_list("id", "person_id", shares)


def deeds(types: Collection[str], measure: str, since: datetime | None = None) -> QuerySet[Event, Any]:
    """Events of these types that can count: account, time, and how much (a refund takes its amount away)."""
    amount: Any = Value(1.0, output_field=FloatField())
    if measure == Measure.SUM:
        value = Cast(Coalesce(F("clean_value"), Value(0), output_field=FloatField()), FloatField())
        amount = Case(When(Q(type=EventType.REFUND), then=-value), default=value, output_field=FloatField())
    events = Event.objects.consented(Purpose.PROFILING).cleaned().of_type(*types)
    if since:
        events = events.filter(timestamp__gte=since)
    return events.order_by().values_list("account_id", "timestamp", amount)
