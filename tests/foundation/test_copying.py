"""Rows of numbers copied out of the database are those that a query gives."""

import numpy as np
import pytest
from django.db.models import F, FloatField, Value
from django.db.models.functions import Cast, Coalesce

from crossmarket.foundation.copying import ColumnsDiffer, copied
from profiles.models import Event
from tests.factories import EventFactory

pytestmark = pytest.mark.django_db


def test_rows_are_those_of_the_query_in_its_order() -> None:
    events = [EventFactory(type="rating", value=value) for value in (3, 1, 5)]
    query = Event.objects.order_by("-pk").annotate(number=Cast(F("value"), FloatField())).values_list("pk", "number")
    rows = copied(query, [("pk", "i8"), ("number", "f8")])
    assert rows["pk"].tolist() == [event.pk for event in reversed(events)]
    assert rows["number"].tolist() == [5.0, 1.0, 3.0]


def test_what_is_not_a_number_can_stand_for_null() -> None:
    EventFactory(type="view", value=None)
    number = Coalesce(Cast(F("value"), FloatField()), Value(float("nan")))
    rows = copied(Event.objects.annotate(number=number).values_list("number"), [("number", "f8")])
    assert np.isnan(rows["number"]).tolist() == [True]


def test_nothing_is_no_rows() -> None:
    assert len(copied(Event.objects.values_list("pk"), [("pk", "i8")])) == 0
    assert len(copied(Event.objects.filter(pk__in=[]).values_list("pk"), [("pk", "i8")])) == 0


def test_columns_of_another_kind_are_refused() -> None:
    EventFactory(type="view", value=None)
    number = Cast(F("value"), FloatField())
    with pytest.raises(ColumnsDiffer):
        copied(Event.objects.annotate(number=number).values_list("number"), [("number", "f8")])
    with pytest.raises(ColumnsDiffer):
        copied(Event.objects.values_list("pk", "account_id"), [("pk", "i8"), ("account", "i4")])
    with pytest.raises(ColumnsDiffer, match="cannot be copied"):
        copied(Event.objects.values_list("type"), [("type", "U4")])
