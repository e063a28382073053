"""The desk of what next: models with their curves, activated and rolled back, and trainings started by a form."""

import json
from typing import Any

import msgspec
import pytest
from django import forms
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job
from recommend import versions
from recommend.admin import setting_words
from recommend.admin.training_form import settings_form
from recommend.algorithms.registry import ALGORITHMS
from recommend.models import ArmModel, ModelVersion, Search, Shadow, TrainingSchedule
from recommend.promotion import Activation
from tests.factories import CourseFactory, ModelVersionFactory, RecommendationFactory
from tests.recommend.trained import LEARNERS, planted_partner, trained

ASKED_AND_ANSWERED = {"_form_submitted": "on"}

algorithms = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:recommend_{name}", args=args)


def defaults(algorithm: Any) -> dict[str, Any]:
    return msgspec.to_builtins(algorithm.Config())


class TestSettingsForm:
    """The form of an algorithm says what its configuration says."""

    @algorithms
    def test_every_setting_is_named_and_explained(self, algorithm: Any) -> None:
        assert algorithm.name in setting_words.ALGORITHMS
        for field in settings_form(algorithm).base_fields.values():
            assert field.label
            assert field.help_text

    @algorithms
    def test_the_defaults_are_valid_and_make_the_default_configuration(self, algorithm: Any) -> None:
        form = settings_form(algorithm)(defaults(algorithm))
        assert form.is_valid(), form.errors
        assert algorithm.configure(form.cleaned_data) == algorithm.Config()

    def test_bounds_and_choices_are_those_of_the_configuration(self) -> None:
        fields = settings_form(ALGORITHMS["bilinear"]).base_fields
        assert isinstance(fields["batch_size"], forms.IntegerField)
        assert (fields["batch_size"].min_value, fields["batch_size"].max_value) == (1, 1_000_000)
        assert fields["seed"].max_value == 2**32 - 1
        assert [value for value, _label in fields["device"].choices] == ["auto", "cpu", "cuda"]


@pytest.mark.django_db
class TestTraining:
    """Whoever may have models made starts a training and is taken to its job."""

    @algorithms
    def test_it_is_put_into_the_queue(self, admin_client: Client, algorithm: Any) -> None:
        form = defaults(algorithm) | {"activation": "never"}
        response = admin_client.post(f"{admin_url('modelversion_train')}?algorithm={algorithm.name}", form)
        job = Job.objects.get()
        assert response.url == reverse("admin:foundation_job_change", args=[job.pk])
        assert job.arguments["algorithm_name"] == algorithm.name
        assert job.arguments["settings"] == defaults(algorithm)
        assert job.arguments["activation"] == "never"

    def test_settings_out_of_bounds_are_refused_at_their_field(self, admin_client: Client) -> None:
        # More than 0 is said by the configuration only; a form field knows "0 or more".
        for value in ("-1", "0", "1e30", "x"):
            form = defaults(ALGORITHMS["ease"]) | {"regularization": value, "activation": "always"}
            response = admin_client.post(f"{admin_url('modelversion_train')}?algorithm=ease", form)
            assert response.context["form"].errors
        assert not Job.objects.exists()

    def test_an_unknown_algorithm_shows_the_first_form(self, admin_client: Client) -> None:
        response = admin_client.get(f"{admin_url('modelversion_train')}?algorithm=astrology")
        assert response.context["chosen"] in ALGORITHMS


@pytest.mark.django_db
class TestChoosing:
    """One model answers; another can take over, and the one before can come back."""

    def test_activating_asks_first(self, admin_client: Client) -> None:
        planted_partner()
        version = trained("popularity", Activation.NEVER)
        admin_client.get(admin_url("modelversion_activate", version.pk))
        assert ModelVersion.objects.active() is None
        admin_client.post(admin_url("modelversion_activate", version.pk), ASKED_AND_ANSWERED)
        assert ModelVersion.objects.active() == version

    def test_a_model_that_cannot_be_read_is_not_let_to_answer(self, admin_client: Client) -> None:
        version = ModelVersionFactory()
        response = admin_client.post(admin_url("modelversion_activate", version.pk), ASKED_AND_ANSWERED)
        assert ModelVersion.objects.active() is None
        assert any("There is no trained model" in str(each) for each in get_messages(response.wsgi_request))

    def test_rolling_back_brings_the_one_before(self, admin_client: Client) -> None:
        first, second = ModelVersionFactory(), ModelVersionFactory()
        versions.activate(first)
        versions.activate(second)
        admin_client.post(admin_url("modelversion_roll_back"), ASKED_AND_ANSWERED)
        assert ModelVersion.objects.active() == first

    def test_without_one_before_nothing_changes_and_words_say_so(self, admin_client: Client) -> None:
        only = ModelVersionFactory()
        versions.activate(only)
        response = admin_client.post(
            admin_url("modelversion_roll_back"), ASKED_AND_ANSWERED, headers={"Accept-Language": "en"}
        )
        assert ModelVersion.objects.active() == only
        assert "No other model was active before." in [str(each) for each in get_messages(response.wsgi_request)]

    def test_within_a_dialog_the_page_is_told_to_go_on(self, admin_client: Client) -> None:
        version = ModelVersionFactory()
        address = admin_url("modelversion_activate", version.pk)
        response = admin_client.post(address, ASKED_AND_ANSWERED, headers={"HX-Request": "true"})
        assert response.headers["HX-Redirect"] == admin_url("modelversion_change", version.pk)


@pytest.mark.django_db
def test_a_models_page_draws_its_losses(admin_client: Client) -> None:
    chart = json.loads(
        admin_client.get(admin_url("modelversion_change", ModelVersionFactory().pk)).context["loss_chart"]
    )
    assert chart["labels"] == [1, 2]
    assert [line["data"] for line in chart["datasets"]] == [[0.7, 0.6], [0.72, 0.65]]


@pytest.mark.django_db
def test_without_a_held_out_part_there_is_one_line(admin_client: Client) -> None:
    version = ModelVersionFactory(loss_curve=[{"epoch": 1, "training_loss": 0.7, "validation_loss": None}])
    chart = json.loads(admin_client.get(admin_url("modelversion_change", version.pk)).context["loss_chart"])
    assert len(chart["datasets"]) == 1


@pytest.mark.django_db
def test_a_closed_form_has_no_curve(admin_client: Client) -> None:
    version = ModelVersionFactory(algorithm="ease", loss_curve=[])
    assert admin_client.get(admin_url("modelversion_change", version.pk)).context["loss_chart"] is None


@pytest.mark.django_db
def test_an_answer_shows_its_courses_best_first(admin_client: Client) -> None:
    second, first = CourseFactory(), CourseFactory()
    answer = RecommendationFactory(course_ids=[first.pk, 10**9, second.pk])
    page = admin_client.get(admin_url("recommendation_change", answer.pk)).content.decode()
    assert page.index(first.title) < page.index(second.title)


@pytest.mark.django_db
class TestThePageOfAModel:
    """How good it is, for whom, and beside which other."""

    def test_it_tells_why_it_answers_and_for_whom_it_is_better(self, admin_client: Client) -> None:
        planted_partner()
        trained("popularity")
        version = trained("ease", Activation.IF_BETTER)
        response = admin_client.get(admin_url("modelversion_change", version.pk), headers={"Accept-Language": "en"})
        page = response.content.decode()
        assert "Better than popularity v1 beyond noise" in page
        assert "beside popularity v1" in page
        curves = json.loads(response.context["curve_chart"])["datasets"]
        assert [curve["label"] for curve in curves] == ["ease v1", "popularity v1"]
        (shop, _history) = response.context["slice_rows"]
        assert (shop.name, shop.questions, shop.verdict) == ("Shop", LEARNERS, "success")

    def test_its_event_file_can_be_fetched(self, admin_client: Client) -> None:
        planted_partner()
        response = admin_client.get(admin_url("modelversion_event_file", trained("popularity").pk))
        assert b"".join(response.streaming_content)
        without = ModelVersionFactory()
        assert admin_client.get(admin_url("modelversion_event_file", without.pk)).status_code == 404

    def test_it_is_tried_on_people(self, admin_client: Client) -> None:
        planted_partner()
        version = trained("ease")
        trained("popularity")
        form = {**ASKED_AND_ANSWERED, "percent": 30, "days": 5}
        admin_client.post(admin_url("modelversion_try_on_people", version.pk), form)
        arm = ArmModel.objects.get(model=version).arm
        assert (arm.weight, arm.experiment.outcome_days, arm.experiment.state) == (30, 5, "running")
        page = admin_client.get(admin_url("modelversion_change", version.pk)).content.decode()
        assert str(arm.experiment) in page

    def test_it_runs_in_the_shadow_until_somebody_ends_it(self, admin_client: Client) -> None:
        version = ModelVersionFactory()
        admin_client.post(admin_url("modelversion_shadow", version.pk), {**ASKED_AND_ANSWERED, "percent": 20})
        shadow = Shadow.objects.get(model=version)
        assert (shadow.share, shadow.stopped_at) == (0.2, None)
        admin_client.post(admin_url("modelversion_stop_shadow", version.pk), ASKED_AND_ANSWERED)
        shadow.refresh_from_db()
        assert shadow.stopped_at is not None


@pytest.mark.django_db
class TestSearchAndSchedule:
    def test_a_search_is_begun_and_its_best_is_trained(self, admin_client: Client) -> None:
        planted_partner()
        admin_client.post(admin_url("search_begin"), {"algorithm": "ease", "trials": 3})
        search = Search.objects.get()
        jobs.run(search.job_id)
        page = admin_client.get(admin_url("search_change", search.pk))
        assert len(page.context["trial_rows"]) == 3
        admin_client.post(admin_url("search_train_best", search.pk), ASKED_AND_ANSWERED)
        search.refresh_from_db()
        job = Job.objects.get(kind="recommend.train")
        assert job.arguments["settings"] == search.best_settings

    def test_the_schedule_is_kept(self, admin_client: Client) -> None:
        form = {"is_on": "on", "hour": 5, "minute": 45, "algorithm": "ease"}
        admin_client.post(admin_url("modelversion_schedule"), form)
        kept = TrainingSchedule.the_one()
        assert (kept.is_on, str(kept), kept.algorithm, kept.warm_start) == (True, "05:45", "ease", False)
        assert admin_client.post(admin_url("modelversion_schedule"), {**form, "hour": 24}).context["form"].errors
