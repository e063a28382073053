"""The first page of the desk: figures, events per day, the active model, and what waits."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crossmarket.foundation import estimates
from profiles.models import Event
from recommend import versions
from tests.factories import (
    EventFactory,
    JobFactory,
    LinkedAccountFactory,
    ModelVersionFactory,
    RejectedEventFactory,
)

pytestmark = pytest.mark.django_db


def overview(client: Client) -> Any:
    response = client.get(reverse("admin:index"))
    assert response.status_code == 200
    return response.context


def figures(client: Client) -> dict[str, int]:
    return {figure.icon: figure.value for figure in overview(client)["figures"]}


def test_an_empty_house_has_an_overview(admin_client: Client) -> None:
    assert set(figures(admin_client).values()) == {0}
    assert overview(admin_client)["active_model"] is None


def test_it_counts_what_there_is(admin_client: Client) -> None:
    event = EventFactory()
    LinkedAccountFactory(person=event.account.person)
    RejectedEventFactory()
    JobFactory()
    assert figures(admin_client) == {
        "person": 1,
        "link": 1,
        "school": 1,
        "timeline": 1,
        "report": 1,
        "hourglass_top": 1,
    }


def test_every_figure_leads_to_its_list(admin_client: Client) -> None:
    RejectedEventFactory()
    JobFactory()
    for figure in overview(admin_client)["figures"]:
        assert admin_client.get(figure.url).status_code == 200


def test_events_are_drawn_by_the_day_of_the_desk(admin_client: Client) -> None:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    EventFactory(timestamp=midnight)
    EventFactory(timestamp=midnight - timedelta(seconds=1))
    EventFactory(timestamp=midnight - timedelta(days=29))
    EventFactory(timestamp=midnight - timedelta(days=29, seconds=1))
    chart = json.loads(overview(admin_client)["events_chart"])
    (series,) = chart["datasets"]
    assert len(chart["labels"]) == 30
    assert (series["data"][0], series["data"][-2], series["data"][-1]) == (1, 1, 1)
    assert sum(series["data"]) == 3


def test_the_active_model_is_shown(admin_client: Client) -> None:
    version = ModelVersionFactory()
    versions.activate(version)
    assert overview(admin_client)["active_model"] == version


def test_open_jobs_are_shown_with_their_bars(admin_client: Client) -> None:
    job = JobFactory()
    assert overview(admin_client)["open_jobs"] == [job]
    assert reverse("admin:foundation_job_bar", args=[job.pk]) in admin_client.get("/admin/").content.decode()


def test_it_takes_few_queries(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    for _row in range(5):
        RejectedEventFactory()
        JobFactory()
    with django_assert_max_num_queries(25):
        overview(admin_client)


def test_large_tables_are_estimated_not_counted(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    EventFactory.create_batch(3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE profiles_event")
    monkeypatch.setattr(estimates, "WORTH_ESTIMATING", 3)
    EventFactory()
    with django_assert_num_queries(1):
        assert estimates.about_how_many(Event) == 3
