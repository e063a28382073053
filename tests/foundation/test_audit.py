"""The audit trail: what was changed by whom, for good."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from crossmarket.foundation import audit, jobs
from crossmarket.foundation.models import AuditEntry
from promotions.models import BatchState, CouponBatch
from promotions.services import generating, publishing
from tests.factories import CouponBatchFactory, SegmentFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_an_entry_can_neither_be_changed_nor_deleted():
    entry = audit.record_about(CouponBatchFactory(), UserFactory(), audit.CHANGED, {"value": [1, 2]})
    for change in (
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(verb="nothing"),
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(actor=UserFactory()),
        lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            change()


def test_who_is_deleted_is_not_named_any_more_and_what_they_did_stays(admin_client: Client):
    batch, somebody = CouponBatchFactory(), UserFactory(name="Somebody else")
    audit.record_about(batch, somebody, audit.CHANGED, {"value": [1, 2]})
    somebody.delete()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.by_person, entry.changes) == (None, True, {"value": [1, 2]})
    admin_client.post(reverse("set_language"), {"language": "en"})
    assert "somebody who has left" in _page(admin_client, batch)


@pytest.mark.parametrize(("language", "words"), [("en", ("Audit trail", "moved on")), ("zh-hans", ("变更记录",))])
def test_the_page_of_a_row_tells_who_changed_it_and_how(admin_client: Client, admin_user, language, words):
    admin_client.post(reverse("set_language"), {"language": language})
    batch = CouponBatchFactory(state=BatchState.DRAFT)
    publishing.move(batch, BatchState.REVIEW, admin_user)
    page = _page(admin_client, batch)
    assert all(each in page for each in [*words, str(admin_user)])


def test_what_is_made_and_changed_at_the_desk_is_written_down_field_by_field(admin_client: Client, admin_user):
    segment = SegmentFactory()
    batch = CouponBatchFactory(state=BatchState.DRAFT, value=100)
    form = {
        "name": batch.name, "benefit": "amount", "value": "250", "currency": "CNY", "scope": "{}", "minimum": "0",
        "hours": "[]", "timezone": "Asia/Shanghai", "rank": "0", "code_kind": "shared",
        "shared_code": batch.shared_code, "segments": [segment.pk], "holdout": "0", "returns_coupon": "on",
    }  # fmt: skip
    answer = admin_client.post(reverse("admin:promotions_couponbatch_change", args=[batch.pk]), form)
    assert answer.status_code == 302
    entry = AuditEntry.objects.about(batch).get()
    assert (entry.actor, entry.verb) == (admin_user, audit.CHANGED)
    assert entry.changes == {"value": [100, 25_000], "segments": [[], [segment.pk]]}
    assert str(segment) in _page(admin_client, batch)


def test_what_is_deleted_at_the_desk_keeps_its_trail(admin_client: Client, admin_user):
    batch = CouponBatchFactory(state=BatchState.DRAFT)
    admin_client.post(reverse("admin:promotions_couponbatch_delete", args=[batch.pk]), {"post": "yes"})
    assert not CouponBatch.objects.exists()
    assert AuditEntry.objects.about(batch).get().verb == audit.DELETED


def test_making_coupons_is_written_down_when_it_is_ordered_and_when_it_is_done(admin_user):
    batch = CouponBatchFactory(code_kind="unique", shared_code="")
    jobs.run(generating.enqueue(batch, 3, admin_user).pk)
    made, ordered = AuditEntry.objects.about(batch)
    assert (ordered.actor, ordered.changes) == (admin_user, {"coupons": [None, 3]})
    assert (made.by_person, made.changes) == (False, {"coupons": [None, 3]})


def _page(client: Client, batch: CouponBatch) -> str:
    return client.get(reverse("admin:promotions_couponbatch_change", args=[batch.pk])).content.decode()
