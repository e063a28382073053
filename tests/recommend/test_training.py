"""Training: from consented events to a model version, by a real worker."""

import subprocess
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import LinkedAccount
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.models import Course, Event
from recommend import schedule, training_data
from recommend.algorithms.base import InvalidConfig
from recommend.algorithms.registry import UnknownAlgorithm
from recommend.models import ModelVersion, TrainingSchedule
from recommend.training import Activation, enqueue_training
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, PersonFactory
from tests.recommend.trained import ITEMS, LEARNERS, QUICK, planted_partner, trained, trained_job

PATIENCE = 120


def wait_for(job: Job, seen: Callable[[Job], bool]) -> Job:
    """Look at a job again and again until it has been seen so."""
    deadline = time.monotonic() + PATIENCE
    while not seen(job):
        assert time.monotonic() < deadline, f"still {job.state} at {job.step!r}"
        time.sleep(0.05)
        job.refresh_from_db()
    return job


@pytest.mark.django_db
class TestWhatIsLearnedFrom:
    def events(self, *accounts: LinkedAccount, per_account: int = 2) -> None:
        for account in accounts:
            for course in (CourseFactory(platform=account.platform) for _ in range(per_account)):
                EventFactory(account=account, platform=account.platform, course=course)

    def test_only_from_those_who_agree_to_it(self) -> None:
        yes, by_default = LinkedAccountFactory(recommendation=True), LinkedAccountFactory()
        no = LinkedAccountFactory(recommendation=False)
        no_by_default = LinkedAccountFactory(platform__recommendation_default=False)
        self.events(yes, by_default, no, no_by_default)
        data = training_data.load()
        assert len(data.interactions) == 4
        met = data.course_ids[data.interactions.met]
        learned = set(Course.objects.filter(pk__in=met.tolist()).values_list("platform", flat=True))
        assert learned == {yes.platform_id, by_default.platform_id}

    def test_accounts_of_one_person_are_one_learner_where_they_agree_to_be(self) -> None:
        person = PersonFactory()
        joined = [LinkedAccountFactory(person=person, cross_platform=True) for _ in range(2)]
        apart = LinkedAccountFactory(person=person, cross_platform=False)
        self.events(*joined, apart)
        assert training_data.load().interactions.n_users == 2

    def test_only_from_what_tells_of_liking(self) -> None:
        EventFactory(type="impression")
        EventFactory(type="refund", value=1)
        EventFactory(type="rating", value=1)
        EventFactory(type="search", course=None, platform=LinkedAccountFactory().platform)
        EventFactory(type="like")
        data = training_data.load()
        assert data.interactions.weights.tolist() == [3.0]

    def test_not_from_times_that_are_still_to_come(self) -> None:
        EventFactory(timestamp=timezone.now() + timedelta(days=2))
        assert len(training_data.load().interactions) == 0

    def test_times_are_seconds_since_the_epoch_whatever_the_time_zone(self) -> None:
        at = timezone.now() - timedelta(hours=1)
        EventFactory(timestamp=at)
        assert training_data.load().interactions.times.tolist() == [pytest.approx(at.timestamp(), abs=1e-3)]

    def test_courses_that_nobody_met_have_a_column_once_they_are_listed(self) -> None:
        met, new = CourseFactory(title="", category=""), CourseFactory(title="新课", category="人工智能")
        CourseFactory(title="新课", available=False)
        CourseFactory(title="")
        EventFactory(account=LinkedAccountFactory(platform=met.platform), platform=met.platform, course=met)
        data = training_data.load()
        assert data.course_ids.tolist() == sorted([met.pk, new.pk])
        assert data.interactions.met.tolist() == [course == met.pk for course in data.course_ids]
        assert data.interactions.platforms.tolist() == [
            Course.objects.get(pk=course).platform_id for course in data.course_ids.tolist()
        ]
        descriptions = data.interactions.descriptions
        assert descriptions is not None
        column = data.course_ids.tolist().index(new.pk)
        assert descriptions.texts[column].startswith("新课")
        assert descriptions.categories[column] == "人工智能"

    def test_measured_on_the_last_course_that_a_learner_met(self) -> None:
        account, start = LinkedAccountFactory(), timezone.now() - timedelta(days=1)
        first, last = CourseFactory(), CourseFactory()
        for minute, course in enumerate((first, last, first, last)):
            EventFactory(
                account=account, platform=account.platform, course=course, timestamp=start + timedelta(minutes=minute)
            )
        data = training_data.load()
        split = training_data.hold_out(data.interactions)
        assert split is not None
        assert data.course_ids[split.items].tolist() == [last.pk]
        assert data.course_ids[split.interactions.items].tolist() == [first.pk] * 2

    def test_not_measured_where_nobody_has_two_courses(self) -> None:
        assert training_data.hold_out(training_data.load().interactions) is None
        EventFactory()
        assert training_data.hold_out(training_data.load().interactions) is None


@pytest.mark.django_db
class TestTheModel:
    def test_a_version_tells_what_it_is_and_how_good(self) -> None:
        planted_partner()
        version = trained("ease", regularization=7)
        assert (version.algorithm, version.number, version.config["regularization"]) == ("ease", 1, 7)
        assert (version.learners, version.courses, version.interactions) == (LEARNERS, ITEMS, 3 * LEARNERS)
        accuracy = {"recall@10", "recall@20", "ndcg@10", "ndcg@20"}
        lists = {"coverage@10", "novelty@10", "overlap@10", "diversity@10", "miscalibration@10"}
        assert set(version.metrics) == accuracy | lists | {"questions"}
        assert version.metrics["ndcg@10"] > 0.5, "tastes were planted, so they can be found"
        assert version.fit_seconds >= 0
        assert version.loss_curve == []
        assert str(version) == "ease v1"

    def test_what_being_compact_costs_is_measured_with_the_version(self) -> None:
        planted_partner()
        version = trained("ease", compact=True)
        assert version.metrics["ndcg@10"] == pytest.approx(version.metrics["whole_ndcg@10"], rel=0.01)
        assert version.metrics["share_of_bytes"] > 0

    def test_the_loss_curve_of_the_bilinear_model_is_kept(self) -> None:
        planted_partner()
        version = trained("bilinear", max_epochs=2)
        assert [point["epoch"] for point in version.loss_curve] == [1, 2]
        assert all(point["training_loss"] > 0 for point in version.loss_curve)

    def test_versions_are_numbered_by_algorithm(self) -> None:
        planted_partner()
        assert [trained(name).number for name in ("ease", "popularity", "ease")] == [1, 1, 2]

    def test_the_job_leads_to_its_model(self) -> None:
        planted_partner()
        job = trained_job("popularity")
        assert ModelVersion.objects.get(job=job).pk.hex == job.result["model_id"].replace("-", "")
        assert job.result["active"]
        assert any("stored as popularity v1, active now" in line.message for line in job.log_lines.all())


@pytest.mark.django_db
class TestActivation:
    @pytest.mark.parametrize(
        ("activation", "champion", "challenger", "ground"),
        [
            (Activation.ALWAYS, "ease", "popularity", "asked"),
            (Activation.NEVER, "popularity", "ease", "not_asked"),
            (Activation.IF_BETTER, "popularity", "ease", "better"),
            (Activation.IF_BETTER, "ease", "popularity", "not_better"),
            (Activation.IF_NO_WORSE, "ease", "popularity", "maybe_worse"),
            (Activation.IF_NO_WORSE, "popularity", "ease", "no_worse"),
        ],
    )
    def test_as_asked(self, activation: Activation, champion: str, challenger: str, ground: str) -> None:
        planted_partner()
        before, after = trained(champion), trained(challenger, activation)
        assert after.decision["ground"] == ground
        takes_over = ground in ("asked", "better", "no_worse")
        assert ModelVersion.objects.active() == (after if takes_over else before)

    def test_the_first_one_is_better_than_none(self) -> None:
        planted_partner()
        assert trained("ease", Activation.IF_BETTER).is_active

    def test_at_night_the_active_one_is_trained_again_as_it_was(self) -> None:
        assert schedule.enqueue(TrainingSchedule.the_one()) is None
        planted_partner()
        active = trained("ease", regularization=9)
        again = schedule.enqueue(TrainingSchedule.the_one())
        assert again is not None
        job = jobs.run(again.pk)
        version = ModelVersion.objects.get(pk=job.result["model_id"])
        assert (version.algorithm, version.config, version.is_active) == ("ease", active.config, True)


@pytest.mark.django_db
class TestWhatCannotBeDone:
    @pytest.mark.parametrize("name", list(QUICK))
    def test_without_events_it_says_so(self, name: str) -> None:
        job = trained_job(name)
        assert job.state == JobState.FAILED
        assert "import some events first" in job.error
        assert not ModelVersion.objects.exists()

    @pytest.mark.parametrize("name", list(QUICK))
    def test_a_single_event_is_enough(self, name: str) -> None:
        EventFactory(course=CourseFactory(), timestamp=timezone.now())
        assert trained(name).metrics == {}

    def test_unknown_algorithms_and_settings_are_refused_before_anything_is_queued(self) -> None:
        with pytest.raises(UnknownAlgorithm):
            enqueue_training("magic", {})
        for settings in ({"unheard": 1}, {"regularization": -1}, {"regularization": "much"}):
            with pytest.raises(InvalidConfig):
                enqueue_training("ease", settings)
        assert not Job.objects.exists()

    def test_the_command_says_so_too(self) -> None:
        for arguments in (["magic"], [], ["ease", "--set", "unheard=1"], ["ease", "--set", "nothing"]):
            with pytest.raises(CommandError):
                call_command("train", *arguments, "--here")

    def test_the_command_trains_nothing_when_a_setting_fits_not_all(self) -> None:
        planted_partner()
        with pytest.raises(CommandError, match="Nothing was trained"):
            call_command("train", "ease", "popularity", "--here", "--set", "regularization=5")
        assert not ModelVersion.objects.exists()

    def test_the_command_trains_here(self, capsys: pytest.CaptureFixture[str]) -> None:
        planted_partner()
        call_command("train", "popularity", "--here", "--set", "half_life_days=30", "--activate", "always")
        assert "popularity v1 (active)" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
class TestByARealWorker:
    def test_it_trains_with_live_progress(self, celery_worker_process: subprocess.Popen[bytes]) -> None:
        shop = planted_partner()
        assert shop.recommended("u1")["model"] is None
        job = enqueue_training("bilinear", {"max_epochs": 400, "patience": 400, "device": "cpu"}, Activation.ALWAYS)
        assert job.state == JobState.QUEUED
        running = wait_for(job, lambda job: job.state == JobState.RUNNING and job.step == "training" and job.done > 0)
        assert 0 < running.percent <= 100
        assert "training_loss" in running.metrics or running.metrics
        assert running.log_lines.exists()
        jobs.request_cancel(job)
        ended = wait_for(job, lambda job: not job.is_open)
        assert ended.state == JobState.CANCELLED
        assert not ModelVersion.objects.exists()

    def test_what_it_trained_answers_the_next_question(self, celery_worker_process: subprocess.Popen[bytes]) -> None:
        shop = planted_partner()
        assert shop.recommended("u1")["model"] is None
        job = wait_for(enqueue_training("ease", {"regularization": 5}), lambda job: not job.is_open)
        assert job.state == JobState.SUCCEEDED, job.error
        assert shop.recommended("u1")["model"] == {"name": "ease", "version": 1}

    def test_a_job_that_fails_leaves_the_worker_well(self, celery_worker_process: subprocess.Popen[bytes]) -> None:
        failed = wait_for(enqueue_training("ease", {}), lambda job: not job.is_open)
        assert failed.state == JobState.FAILED
        planted_partner()
        assert wait_for(enqueue_training("popularity", {}), lambda job: not job.is_open).state == JobState.SUCCEEDED
        assert Event.objects.count() == 3 * LEARNERS
