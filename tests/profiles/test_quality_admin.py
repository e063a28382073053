"""The desk's page of data quality: its numbers, its chart, and judging everything anew."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from crossmarket import staff_groups
from crossmarket.foundation.models import Job
from profiles.cleaning import duplicates, robots
from profiles.cleaning.looking import CLEAN
from profiles.cleaning.steps import FILLING_IN, LEAVING_OUT
from profiles.models import EventFlag
from tests.factories import EventFactory, PlatformFactory, QualityDayFactory, UserFactory

pytestmark = pytest.mark.django_db


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:profiles_{name}", args=args)


def counted(days_ago: int = 0, platform: Any = None, **events: int) -> None:
    platform = platform or PlatformFactory()
    day = timezone.localdate() - timedelta(days=days_ago)
    for step, count in events.items():
        QualityDayFactory(platform=platform, day=day, step=step, events=count)


def test_it_tells_what_came_what_was_left_out_and_what_was_refused(admin_client: Client) -> None:
    counted(seen=960, duplicate=30, impossible=20, robot=10, whole_completion=7, refused=40)
    response = admin_client.get(admin_url("qualityday_changelist"))
    together = response.context["together"]
    assert (together.came, together.kept, together.kept_percent) == (1_000, 900, "90.0%")
    assert together.filled_in == [7, 0, 0]
    chart = json.loads(response.context["chart"])
    assert len(chart["labels"]) == 30
    assert [series["data"][-1] for series in chart["datasets"]] == [2.0, 3.0, 1.0, 4.0]


def test_a_platform_and_days_can_be_chosen(admin_client: Client) -> None:
    platform = PlatformFactory()
    counted(days_ago=6, platform=platform, seen=5)
    counted(days_ago=7, platform=platform, seen=50)
    counted(seen=500)
    page = admin_client.get(admin_url("qualityday_changelist"), {"platform": platform.pk, "days": 7})
    assert page.context["together"].seen == 5
    page = admin_client.get(admin_url("qualityday_changelist"), {"days": 90})
    assert page.context["together"].seen == 555


@pytest.mark.parametrize("query", [{"platform": "x"}, {"days": "1000000"}, {"days": "-1"}, {"platform": "999999"}])
def test_nonsense_in_the_address_chooses_nothing(admin_client: Client, query: dict[str, str]) -> None:
    counted(seen=5)
    page = admin_client.get(admin_url("qualityday_changelist"), query)
    assert page.status_code == 200
    assert page.context["together"].seen == 5


def test_without_counts_there_is_no_chart(admin_client: Client) -> None:
    assert admin_client.get(admin_url("qualityday_changelist")).context["chart"] is None


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_rules_are_told_with_their_limits(language: str) -> None:
    with translation.override(language):
        rules = {step.name: str(step.rule) for step in (*LEAVING_OUT, *FILLING_IN)}
    for limit in (robots.PER_MINUTE, robots.PER_HOUR, robots.PER_DAY):
        assert f"{limit:,}" in rules[robots.NAME]
    assert str(duplicates.SECONDS) in rules[duplicates.NAME]
    assert all(rules.values())


class TestJudgingAnew:
    """The button."""

    def test_a_marketer_may_press_it(self, client: Client) -> None:
        user = UserFactory(is_staff=True)
        user.groups.add(staff_groups.marketers())
        client.force_login(user)
        response = client.post(admin_url("qualityday_clean_now"), {"_form_submitted": "on"})
        assert response["Location"] == reverse("admin:foundation_job_change", args=[Job.objects.get(kind=CLEAN).pk])

    def test_whoever_may_only_look_may_not(self, client: Client) -> None:
        client.force_login(UserFactory(is_staff=True))
        assert client.post(admin_url("qualityday_clean_now"), {"_form_submitted": "on"}).status_code in (302, 403)
        assert not Job.objects.exists()


def test_the_list_of_events_finds_those_left_out_and_their_page_says_why(admin_client: Client) -> None:
    kept, left_out = EventFactory(), EventFactory()
    EventFlag.objects.create(event=left_out, step=robots.NAME)
    found = admin_client.get(admin_url("event_changelist"), {"left_out": robots.NAME}).context["cl"].result_list
    assert list(found) == [left_out]
    assert "机器行为" in admin_client.get(admin_url("event_change", left_out.pk)).content.decode()
    assert "机器行为" not in admin_client.get(admin_url("event_change", kept.pk)).content.decode()
