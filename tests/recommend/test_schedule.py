"""Training by the clock: at the time that the desk says, once, and late rather than never."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from recommend import schedule
from recommend.models import ModelVersion, TrainingSchedule
from tests.recommend.trained import planted_partner, trained

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def scheduled(**fields: object) -> TrainingSchedule:
    """The schedule, last seen to on the 1st at noon."""
    row = TrainingSchedule.the_one()
    for name, value in {"last_due_at": at("2026-03-01T12:00"), **fields}.items():
        setattr(row, name, value)
    row.save()
    return row


class TestWhen:
    def test_nothing_is_trained_before_its_time(self) -> None:
        planted_partner()
        trained("popularity")
        scheduled(hour=3, minute=10)
        assert schedule.enqueue_due(at("2026-03-02T03:09")) is None

    @pytest.mark.parametrize("now", ["2026-03-02T03:10", "2026-03-02T11:00", "2026-03-04T01:00"])
    def test_once_when_its_time_has_come_however_late_somebody_looks(self, now: str) -> None:
        planted_partner()
        trained("popularity")
        scheduled(hour=3, minute=10)
        assert schedule.enqueue_due(at(now)) is not None
        assert schedule.enqueue_due(at(now) + timedelta(minutes=5)) is None

    def test_not_at_once_on_a_new_installation(self) -> None:
        planted_partner()
        trained("popularity")
        assert schedule.enqueue_due() is None

    def test_not_when_it_is_off(self) -> None:
        planted_partner()
        trained("popularity")
        scheduled(is_on=False)
        assert schedule.enqueue_due(at("2026-03-05T12:00")) is None


class TestWhat:
    def job(self, **fields: object) -> Job:
        scheduled(**fields)
        job = schedule.enqueue_due(at("2026-03-05T12:00"))
        assert job is not None
        return job

    def test_without_any_model_there_is_nothing_to_train(self) -> None:
        scheduled()
        assert schedule.enqueue_due(at("2026-03-05T12:00")) is None

    def test_what_answers_with_its_settings(self) -> None:
        planted_partner()
        trained("ease", regularization=9)
        arguments = self.job().arguments
        assert (arguments["algorithm_name"], arguments["activation"]) == ("ease", "if_no_worse")
        assert arguments["settings"]["regularization"] == 9

    def test_another_algorithm_with_the_settings_of_its_latest_model(self) -> None:
        planted_partner()
        trained("popularity", half_life_days=3)
        trained("ease")
        arguments = self.job(algorithm="popularity", warm_start=False).arguments
        assert arguments["settings"]["half_life_days"] == 3
        assert not arguments["warm_start"]

    def test_an_algorithm_that_is_gone_is_no_reason_to_stumble(self) -> None:
        planted_partner()
        scheduled(algorithm="magic")
        assert schedule.enqueue_due(at("2026-03-05T12:00")) is None

    def test_it_begins_where_the_model_before_ended(self) -> None:
        planted_partner()
        before = trained("bilinear")
        job = jobs.run(self.job().pk)
        assert job.state == JobState.SUCCEEDED, job.error
        version = ModelVersion.objects.get(pk=job.result["model_id"])
        assert version.parent == before
        assert any(f"begun from {before}" in line.message for line in job.log_lines.all())
        assert version.loss_curve[0]["training_loss"] < before.loss_curve[0]["training_loss"]
