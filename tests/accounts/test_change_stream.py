"""The change stream: each platform's own, complete, in order, and readable from any place."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Change, ChangeStream, Platform
from accounts.services import change_stream, changes
from tests.accounts.news import TESTED, numbers, tell
from tests.factories import PlatformFactory
from tests.partner import Partner, new_partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def pulled(partner: Partner, query: str = "") -> dict[str, Any]:
    response = partner.get(f"/changes{query}")
    assert response.status_code == 200, response.content
    return response.json()


def told(answer: dict[str, Any]) -> list[int]:
    return [each["data"]["number"] for each in answer["results"]]


class TestReading:
    """`GET /changes`."""

    def test_a_new_platform_has_no_changes(self, partner: Partner) -> None:
        assert pulled(partner) == {"results": [], "next": None}

    def test_a_change_tells_what_happened_when_and_to_whom(self, partner: Partner) -> None:
        tell(partner.platform, "ann", segment="night owls")
        (change,) = pulled(partner)["results"]
        assert set(change) == {"id", "type", "timestamp", "data", "cursor"}
        assert change["type"] == TESTED
        assert change["data"] == {"user_id": "ann", "segment": "night owls"}
        assert datetime.fromisoformat(change["timestamp"]).tzinfo is not None

    def test_changes_come_oldest_first_in_pages_until_there_is_no_next(self, partner: Partner) -> None:
        for number in range(5):
            tell(partner.platform, number=number)
        pages, query = [], "?limit=2"
        while True:
            page = pulled(partner, query)
            pages.append(told(page))
            if page["next"] is None:
                break
            query = "?" + page["next"].partition("?")[2]
            assert page["next"].startswith("http://testserver/api/v1/changes?")
        assert pages == [[0, 1], [2, 3], [4]]

    def test_reading_goes_on_behind_any_change(self, partner: Partner) -> None:
        for number in range(3):
            tell(partner.platform, number=number)
        first, _second, last = pulled(partner)["results"]
        assert told(pulled(partner, f"?cursor={first['cursor']}")) == [1, 2]
        assert pulled(partner, f"?cursor={last['cursor']}") == {"results": [], "next": None}
        tell(partner.platform, number=3)
        assert told(pulled(partner, f"?cursor={last['cursor']}")) == [3]

    def test_a_platform_sees_its_own_changes_only(self, partner: Partner) -> None:
        other = new_partner("other")
        tell(partner.platform, number=1)
        tell(other.platform, number=2)
        assert told(pulled(partner)) == [1]
        assert told(pulled(other)) == [2]

    def test_only_the_secret_key_may_read(self, partner: Partner) -> None:
        problem(partner.browse("GET", "/changes", user_id="ann"), 403, "secret_key_required")

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=%D9%A3",
         "cursor=x", "cursor=%00", "cursor=MTp4", "cursor=MjoxMA",
         "cursor=MTo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor=%E4%BD%A0"],
    )  # fmt: skip
    def test_what_is_no_limit_or_cursor_is_refused_by_name(self, partner: Partner, query: str) -> None:
        refused = problem(partner.get(f"/changes?{query}"), 422, "invalid_parameter")
        assert refused["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"

    def test_a_cursor_from_a_future_that_was_undone_is_refused(self, partner: Partner) -> None:
        tell(partner.platform, number=1)
        (change,) = pulled(partner)["results"]
        Change.objects.all().delete()
        ChangeStream.objects.all().delete()  # as a restored backup leaves it
        refused = problem(partner.get(f"/changes?cursor={change['cursor']}"), 422, "invalid_parameter")
        assert "backup" in refused["detail"]


class TestRecording:
    """What happened and what is told of it stand or fall together."""

    def test_what_is_rolled_back_is_not_told(self) -> None:
        platform = PlatformFactory()
        tell(platform, number=1)
        with transaction.atomic():
            tell(platform, number=2)
            transaction.set_rollback(True)
        tell(platform, number=3)
        assert numbers(change_stream.read(platform.pk).changes) == [1, 3]

    def test_places_are_given_without_gaps_and_kept(self) -> None:
        platform: Platform = PlatformFactory()
        for number in range(3):
            tell(platform, number=number)
        assert change_stream.number(platform.pk) == 3
        assert change_stream.number(platform.pk) == 3
        tell(platform, number=3)
        assert [change.position for change in change_stream.read(platform.pk).changes] == [1, 2, 3, 4]

    def test_a_type_that_nobody_declared_cannot_be_recorded(self) -> None:
        with pytest.raises(changes.UnknownChange, match=r"account\.joined"):
            tell(PlatformFactory(), change_type="tested.unheard")

    def test_recording_nothing_is_nothing(self) -> None:
        changes.record([])
        assert not Change.objects.exists()
