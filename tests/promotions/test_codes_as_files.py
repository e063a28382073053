"""Codes of a batch as files, out and in."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from crossmarket.foundation import jobs
from crossmarket.foundation.models import AuditEntry, Job, JobLogLine
from promotions.models import Coupon
from promotions.services import importing
from tests.factories import CouponBatchFactory, CouponFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch():
    return CouponBatchFactory(code_kind="unique", shared_code="")


def page(batch) -> str:
    return reverse("admin:promotions_couponbatch_codes", args=[batch.pk])


def imported(batch, name: str, content: bytes) -> Job:
    return jobs.run(importing.enqueue(batch, ContentFile(content, name), None).pk)


def test_codes_are_exported_as_csv_that_no_spreadsheet_runs(admin_client: Client, batch):
    CouponFactory(batch=batch, code="ABCDEF", channel="=1+1")
    text = b"".join(admin_client.post(page(batch), {"export": "csv"}).streaming_content).decode("utf-8-sig")
    assert len(text.splitlines()) == 2
    assert "ABCDEF" in text
    assert "'=1+1" in text
    assert AuditEntry.objects.about(batch).get().verb == "exported the codes"


def test_codes_are_exported_as_a_workbook(admin_client: Client, batch):
    CouponFactory.create_batch(3, batch=batch)
    answer = admin_client.post(page(batch), {"export": "xlsx"})
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert [row[0] for row in rows[1:]] == list(Coupon.objects.order_by("pk").values_list("code", flat=True))


def test_codes_are_imported_and_what_is_not_is_told(batch):
    CouponFactory(code="KNOWN1")
    CouponBatchFactory(shared_code="SHARED")
    rows = "code,note\nnew-001,a\nNEW 002,\nknown1,\nshared,\nnew001,again\nx,short\n,empty\n=HYPERLINK(1),\n"
    job = imported(batch, "codes.csv", rows.encode())
    assert job.result == {"imported": 2, "duplicates": 3, "refused": 3}
    assert set(batch.coupons.values_list("code", flat=True)) == {"NEW001", "NEW002"}
    assert {line.split(":")[0] for line in JobLogLine.objects.values_list("message", flat=True)} == set("456789")
    assert not default_storage.exists(job.arguments["file"])


def test_a_second_run_imports_nothing_twice(batch):
    for new in (2, 0):
        assert imported(batch, "codes.csv", b"code\nNEW001\nNEW002\n").result["imported"] == new


def test_workbooks_are_imported(batch):
    book, file = Workbook(), io.BytesIO()
    book.active.append(["code"]), book.active.append(["sheet1"]), book.active.append([1234567])
    book.save(file)
    assert imported(batch, "codes.xlsx", file.getvalue()).result["imported"] == 2
    assert set(batch.coupons.values_list("code", flat=True)) == {"SHEET1", "1234567"}


def test_a_broken_file_fails_with_words(batch):
    job = imported(batch, "codes.xlsx", b"no workbook")
    assert job.state == "failed"
    assert job.error


def test_files_are_given_at_the_desk_by_those_who_may(admin_client: Client, client: Client, batch):
    file = ContentFile(b"code\nNEW001\n", "codes.csv")
    admin_client.post(page(batch), {"file": file, "import": "yes"})
    assert Job.objects.get().kind == importing.IMPORT
    client.force_login(UserFactory(is_staff=True))
    assert client.post(page(batch), {"export": "csv"}).status_code == 403
