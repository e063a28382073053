"""The view of events that everything learns from."""

import pytest
from django.db import connection

from profiles.models import Event, EventFlag, EventType
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory

pytestmark = pytest.mark.django_db


def test_what_a_step_left_out_is_not_among_the_cleaned_and_stays_as_it_came() -> None:
    kept, left_out = EventFactory(), EventFactory()
    EventFlag.objects.create(event=left_out, step="robots")
    assert list(Event.objects.cleaned()) == [kept]
    assert Event.objects.count() == 2


class TestMissingValues:
    """What stands for a value that a platform left out."""

    @pytest.mark.parametrize(
        ("event_type", "value", "clean"),
        [
            (EventType.PURCHASE, 500, 500),
            (EventType.PURCHASE, None, 9_900),
            (EventType.REFUND, None, 9_900),
            (EventType.COMPLETE, 0, 0),
            (EventType.COMPLETE, None, 1),
            (EventType.VIEW, None, None),
        ],
    )
    def test_purchases_take_the_price_and_completions_are_whole(
        self, event_type: EventType, value: int | None, clean: int | None
    ) -> None:
        EventFactory(course=CourseFactory(price=9_900), type=event_type, value=value)
        assert Event.objects.cleaned().values_list("value", "clean_value").get() == (value, clean)

    def test_nothing_stands_for_an_amount_of_a_course_without_a_price(self) -> None:
        EventFactory(course=CourseFactory(price=None), type=EventType.PURCHASE)
        account = LinkedAccountFactory()
        EventFactory(course=None, platform=account.platform, account=account, type=EventType.PURCHASE)
        assert set(Event.objects.cleaned().values_list("clean_value", flat=True)) == {None}


def test_flags_go_with_their_events_however_these_are_deleted() -> None:
    one, other = EventFactory(), EventFactory()
    EventFlag.objects.bulk_create([EventFlag(event=one, step="robots"), EventFlag(event=other, step="robots")])
    one.account.delete()
    assert EventFlag.objects.get().event == other
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_event")
    assert not EventFlag.objects.exists()
