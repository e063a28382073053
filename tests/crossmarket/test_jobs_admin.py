"""The desk of jobs: progress that fetches itself until the end, cancelling and repeating."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crossmarket.foundation.models import Job, JobLogLine, JobState
from tests.factories import JobFactory, UserFactory

pytestmark = pytest.mark.django_db


def job_url(name: str, job: Job) -> str:
    return reverse(f"admin:foundation_job_{name}", args=[job.pk])


def ended(state: JobState = JobState.SUCCEEDED, **fields: Any) -> Job:
    return JobFactory(state=state, started_at=timezone.now(), finished_at=timezone.now(), **fields)


class TestProgress:
    """What is shown of a job while it runs and once it has ended."""

    def test_an_open_job_is_fetched_again_and_again(self, admin_client: Client) -> None:
        job = JobFactory(state=JobState.RUNNING, step="training", done=30, total=120, metrics={"loss": 0.25})
        for name in ("change", "live", "bar"):
            page = admin_client.get(job_url(name, job)).content.decode()
            assert 'hx-trigger="every 1s"' in page
            assert 'value="25"' in page
        assert "0.25" in admin_client.get(job_url("live", job)).content.decode()

    def test_fetching_ends_with_the_job(self, admin_client: Client) -> None:
        job = ended(result={"model": "ease v3"})
        for name in ("change", "live", "bar"):
            assert "every 1s" not in admin_client.get(job_url(name, job)).content.decode()
        assert "ease v3" in admin_client.get(job_url("live", job)).content.decode()

    def test_a_job_of_unknown_length_has_a_bar_without_an_end(self, admin_client: Client) -> None:
        job = JobFactory(state=JobState.RUNNING, step="loading events")
        assert '<progress class="desk-bar"  max="100">' in admin_client.get(job_url("bar", job)).content.decode()

    def test_errors_and_the_log_are_shown_and_harmless(self, admin_client: Client) -> None:
        job = ended(JobState.FAILED, error="nobody <b>bought</b> anything")
        JobLogLine.objects.create(job=job, message="loaded 3 & more")
        page = admin_client.get(job_url("live", job)).content.decode()
        assert "nobody &lt;b&gt;bought&lt;/b&gt; anything" in page
        assert "loaded 3 &amp; more" in page

    def test_a_long_log_is_shown_from_its_end(self, admin_client: Client) -> None:
        job = ended()
        JobLogLine.objects.bulk_create(JobLogLine(job=job, message=f"line {number}.") for number in range(301))
        page = admin_client.get(job_url("live", job)).content.decode()
        assert "line 0." not in page
        assert page.index("line 1.") < page.index("line 300.")

    def test_the_list_shows_bars_too(self, admin_client: Client) -> None:
        job = JobFactory(state=JobState.RUNNING, done=1, total=2)
        page = admin_client.get(reverse("admin:foundation_job_changelist")).content.decode()
        assert job_url("bar", job) in page


class TestSteering:
    """Cancelling and repeating, by POST and by those who may."""

    def test_a_waiting_job_is_cancelled(self, admin_client: Client) -> None:
        job = JobFactory()
        assert admin_client.get(job_url("cancel", job)).status_code == 405
        admin_client.post(job_url("cancel", job))
        job.refresh_from_db()
        assert job.state == JobState.CANCELLED

    def test_a_running_job_is_asked_to_stop(self, admin_client: Client) -> None:
        job = JobFactory(state=JobState.RUNNING, started_at=timezone.now())
        admin_client.post(job_url("cancel", job))
        job.refresh_from_db()
        assert job.state == JobState.RUNNING
        assert job.cancel_requested

    def test_an_ended_job_is_repeated_as_a_new_one(self, admin_client: Client) -> None:
        job = ended(JobState.FAILED)
        response = admin_client.post(job_url("repeat", job))
        again = Job.objects.exclude(pk=job.pk).get()
        assert response.url == job_url("change", again)
        assert (again.kind, again.arguments, again.state) == (job.kind, job.arguments, JobState.QUEUED)

    def test_an_open_job_is_not_repeated(self, admin_client: Client) -> None:
        admin_client.post(job_url("repeat", JobFactory()))
        assert Job.objects.count() == 1

    def test_others_cannot_steer_or_look(self, client: Client) -> None:
        client.force_login(UserFactory(is_staff=True))
        job = JobFactory()
        assert client.post(job_url("cancel", job)).status_code == 403
        assert client.post(job_url("repeat", job)).status_code == 403
        assert client.get(job_url("live", job)).status_code == 403
