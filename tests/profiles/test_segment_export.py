"""Taking the members of a segment out as CSV: who may, who is in it, and what a spreadsheet makes of it."""

import csv
import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import LinkedAccount, User
from crossmarket import staff_groups
from crossmarket.foundation.csv_lines import csv_line, harmless
from profiles.models import Segment
from profiles.segmentation import exporting, membership
from profiles.segmentation.exporting import Wanted, csv_of
from tests.factories import LinkedAccountFactory, PlatformFactory, SegmentFactory, UserFactory

pytestmark = pytest.mark.django_db

USER_IDS = Wanted(("user_id",))
EVERYTHING = {"columns": ["platform", "user_id", "entered_at", "consents"], "agreeing_to": "", "platform": ""}


def with_members(*accounts: LinkedAccount) -> Segment:
    segment = SegmentFactory()
    membership.replace(segment, [account.pk for account in accounts])
    return segment


def lines(segment: Segment, wanted: Wanted) -> list[list[str]]:
    text = "".join(csv_of(segment, wanted))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def user_ids(segment: Segment, wanted: Wanted = USER_IDS) -> list[str]:
    return [row[0] for row in lines(segment, wanted)[1:]]


def export_url(segment: Segment) -> str:
    return reverse("admin:profiles_segment_export", args=[segment.pk])


@pytest.fixture
def marketer() -> User:
    user = UserFactory(is_staff=True)
    user.groups.add(staff_groups.marketers())
    return user


class TestTheFile:
    def test_it_has_the_columns_chosen_in_their_order(self) -> None:
        account = LinkedAccountFactory(marketing=True, recommendation=False)
        heading, row = lines(with_members(account), Wanted(("consents", "user_id", "platform")))
        assert heading == ["platform", "user_id", "profiling", "recommendation", "cross_platform", "marketing"]
        assert row[:4] == [account.platform.slug, account.external_id, "yes", "no"]
        assert row[5] == "yes"

    def test_it_has_everybody_once_however_few_are_read_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exporting, "AT_ONCE", 3)
        accounts = LinkedAccountFactory.create_batch(8)
        assert user_ids(with_members(*accounts)) == [account.external_id for account in accounts]

    def test_who_withdraws_while_it_is_written_is_not_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exporting, "AT_ONCE", 1)
        first, second, third = LinkedAccountFactory.create_batch(3)
        pieces = csv_of(with_members(first, second, third), USER_IDS)
        begun = next(pieces) + next(pieces)
        LinkedAccount.objects.filter(pk=second.pk).update(profiling=False)
        rest = "".join(pieces)
        assert first.external_id in begun
        assert third.external_id in rest
        assert second.external_id not in rest

    def test_it_can_be_narrowed_to_a_platform_and_to_who_agrees(self) -> None:
        platform = PlatformFactory()
        agrees = LinkedAccountFactory(platform=platform, marketing=True)
        refuses = LinkedAccountFactory(platform=platform, marketing=False)
        elsewhere = LinkedAccountFactory(marketing=True)
        segment = with_members(agrees, refuses, elsewhere)
        assert user_ids(segment, Wanted(("user_id",), "marketing")) == [agrees.external_id, elsewhere.external_id]
        assert user_ids(segment, Wanted(("user_id",), "marketing", platform)) == [agrees.external_id]

    @pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("x")'])
    def test_nothing_in_it_is_a_formula(self, cell: str) -> None:
        assert harmless(cell) == f"'{cell}"
        ((read,),) = csv.reader(io.StringIO(csv_line([cell])))
        assert read == f"'{cell}"

    @pytest.mark.parametrize("cell", ["", "小鹿", "a=b", "2026-01-01T00:00:00+08:00", "a,b", 'say "hi"', "two\nlines"])
    def test_other_texts_stay_as_they_are(self, cell: str) -> None:
        ((read,),) = csv.reader(io.StringIO(csv_line([cell]), newline=""))
        assert read == cell


class TestWhoMay:
    def test_administrators_get_it_and_it_is_noted(self, admin_client: Client) -> None:
        account = LinkedAccountFactory(external_id="=cmd")
        segment = with_members(account)
        assert admin_client.get(export_url(segment)).status_code == 200
        response: Any = admin_client.post(export_url(segment), EVERYTHING)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].startswith(f'attachment; filename="{segment.key}-')
        assert "no-store" in response["Cache-Control"]
        assert "'=cmd" in b"".join(response.streaming_content).decode()
        assert "consents" in LogEntry.objects.get().change_message

    def test_it_is_a_permission_of_its_own(self, client: Client, marketer: User) -> None:
        segment = with_members(LinkedAccountFactory())
        client.force_login(marketer)
        assert client.get(reverse("admin:profiles_segment_change", args=[segment.pk])).status_code == 200
        for method in (client.get, client.post):
            assert method(export_url(segment)).status_code == 403
        marketer.user_permissions.add(Permission.objects.get(codename="export_segment"))
        assert client.post(export_url(segment), EVERYTHING).status_code == 200

    def test_nothing_is_taken_out_by_following_a_link_or_without_columns(self, admin_client: Client) -> None:
        segment = with_members(LinkedAccountFactory())
        assert "attachment" not in admin_client.get(export_url(segment)).headers.get("Content-Disposition", "")
        response = admin_client.post(export_url(segment), {"columns": []})
        assert response.context["form"].errors["columns"]
        assert not LogEntry.objects.exists()
