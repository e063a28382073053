"""An account that is being erased holds nobody up, and its person is looked at again afterwards."""

import pytest
from django.db import connection

from accounts.models import LinkedAccount, Stirring
from accounts.services import stirring
from profiles.models import Segment, SegmentMember
from profiles.segmentation import live
from tests.factories import EventFactory, PersonFactory, SegmentFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_is_being_erased_is_passed_over_until_it_is_done() -> None:
    SegmentFactory()
    person = PersonFactory()
    going, staying = (EventFactory(account__person=person).account for _ in range(2))
    other = EventFactory().account
    stirring.stir([going.pk, staying.pk, other.pk])
    eraser = connection.copy()
    try:
        eraser.set_autocommit(False)
        with eraser.cursor() as cursor:
            cursor.execute("SELECT 1 FROM accounts_linkedaccount WHERE id = %s FOR UPDATE", [going.pk])
            live.look()
            assert [each.account_id for each in SegmentMember.objects.all()] == [other.pk]
            assert Stirring.objects.exists()
            eraser.rollback()
    finally:
        eraser.close()
    live.look()
    assert set(SegmentMember.objects.values_list("account_id", flat=True)) == {going.pk, staying.pk, other.pk}
    assert Segment.objects.get().size == 3
    assert LinkedAccount.objects.count() == 3
