"""The second stage in answers: trained by a job, kept as a version, used, and done without where there is none."""

import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from accounts.models import LinkedAccount
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.models import Course
from recommend import model_store, versions
from recommend.algorithms.base import InvalidConfig
from recommend.models import ModelVersion, Role
from recommend.promotion import Activation
from recommend.ranker_training import TRAIN_RANKER, enqueue_ranker_training, follow_first_stage
from recommend.ranking.ranker import Ranker
from recommend.serving import active_ranker, ranking
from recommend.serving.circumstances import Device, circumstances_of
from recommend.serving.gathering import gather
from recommend.serving.question import question_of
from recommend.serving.situation import look
from tests.factories import JobFactory, ModelVersionFactory, ProfileFactory, ProfileModelFactory
from tests.partner import Partner, batch, event
from tests.recommend.trained import ITEMS, group_of, planted_partner, trained

QUICK = {"max_epochs": 2, "hidden": 8, "embedding_dimensions": 2, "crossing": 2, "device": "cpu"}

pytestmark = pytest.mark.django_db


def ranker_job(activation: Activation = Activation.ALWAYS, **settings: Any) -> Job:
    """A training of the ranker that was done in this process."""
    return jobs.run(enqueue_ranker_training({**QUICK, **settings}, activation, to_worker=False).pk)


def trained_ranker(**settings: Any) -> ModelVersion:
    """The ranker that came of it."""
    job = ranker_job(**settings)
    assert job.state == JobState.SUCCEEDED, job.error
    return ModelVersion.objects.get(pk=job.result["model_id"])


def activate(version: ModelVersion) -> None:
    """Let this model be taken up with the next request, though the test's own transaction is never committed."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        versions.activate(version)


def prefer(version: ModelVersion, **wide: float) -> None:
    """Rewrite a stored ranker, so that it likes nothing but these features of courses."""
    ranker = model_store.load_ranker(version).ranker
    arrays = {name: np.array(array) for name, array in ranker.arrays().items()}
    for name in ("heads", "wide", "heads_bias"):
        arrays[name] *= 0
    for name, weight in wide.items():
        arrays["wide"][COLUMNS[name]] = weight
    ranker.restore(arrays)
    folder = settings.MEDIA_ROOT / "models" / str(version.pk)
    shutil.rmtree(folder)
    ranker.save(folder)
    activate(version)


COLUMNS = {"price": 0, "same_category": 12}


@pytest.fixture
def shop() -> Partner:
    """With planted tastes and a model that finds courses."""
    shop = planted_partner()
    trained("ease")
    return shop


class TestTheJob:
    def test_a_version_tells_what_it_is_and_how_good(self, shop: Partner) -> None:
        version = trained_ranker(purchase_weight=3)
        assert (str(version), version.role, version.is_active) == ("ranker v1", Role.RANKER, True)
        assert version.config["purchase_weight"] == 3
        assert version.courses == ITEMS
        assert {"ndcg@10", "first_stage_ndcg@10", "click_auc", "click_log_loss", "click_calibration_error"} <= set(
            version.metrics
        )
        assert [point["epoch"] for point in version.loss_curve] == [1, 2]
        assert ModelVersion.objects.active() is not None, "the model that finds courses stays as it is"

    def test_it_answers_only_when_it_is_better_than_the_first_stage_alone(self, shop: Partner) -> None:
        job = ranker_job(Activation.IF_BETTER)
        version = ModelVersion.objects.get(pk=job.result["model_id"])
        assert version.decision["champion"] == "the first stage alone"
        assert version.is_active == (version.decision["difference"]["low"] > 0) == job.result["active"]

    def test_without_events_it_says_so(self) -> None:
        job = ranker_job()
        assert job.state == JobState.FAILED
        assert "import some first" in job.error
        assert not ModelVersion.objects.exists()

    def test_the_command_trains_it_too(self, shop: Partner, capsys: pytest.CaptureFixture[str]) -> None:
        settings = [argument for name, value in QUICK.items() for argument in ("--set", f"{name}={value}")]
        call_command("train", "ranker", "--here", "--activate", "always", *settings)
        assert "ranker v1 (active)" in capsys.readouterr().out

    def test_wrong_settings_are_refused_before_anything_is_queued(self) -> None:
        with pytest.raises(InvalidConfig):
            enqueue_ranker_training({"hidden": 0})
        assert not Job.objects.exists()

    def test_rolling_back_goes_to_the_ranker_before(self, shop: Partner) -> None:
        first, second = trained_ranker(), trained_ranker()
        assert (second.number, ModelVersion.objects.active(Role.RANKER)) == (2, second)
        assert versions.roll_back(Role.RANKER) == first


class TestBesideTheFirstStage:
    def test_a_ranker_rests_once_another_model_finds_courses(self, shop: Partner) -> None:
        first = ModelVersion.objects.active()
        ranker = trained_ranker()
        assert ranker.first_stage == first
        versions.activate(ModelVersionFactory(interactions=10_000))
        assert ModelVersion.objects.active(Role.RANKER) is None
        assert versions.roll_back() == first
        assert ModelVersion.objects.active(Role.RANKER) == ranker

    def test_other_settings_are_weighed_against_those_of_now(self, shop: Partner) -> None:
        trained_ranker()
        job = ranker_job(Activation.IF_BETTER, hidden=4)
        version = ModelVersion.objects.get(pk=job.result["model_id"])
        if not version.is_active:
            assert version.decision["ground"] in ("not_better", "unmeasured")
        assert job.log_lines.filter(message__contains="ranker v1").exists() or not version.is_active


class TestFollowing:
    def recommender(self) -> ModelVersion:
        version = ModelVersionFactory(interactions=10_000)
        versions.activate(version)
        return version

    def test_a_new_model_that_finds_courses_calls_for_a_new_ranker(self) -> None:
        assert follow_first_stage() is None
        self.recommender()
        job = follow_first_stage()
        assert job is not None
        Job.objects.update(state=JobState.FAILED, finished_at=timezone.now())
        assert follow_first_stage() is None, "it was tried with this one"
        self.recommender()
        assert follow_first_stage() is not None

    def test_new_profiles_do_too(self) -> None:
        self.recommender()
        follow_first_stage()
        Job.objects.update(state=JobState.SUCCEEDED, finished_at=timezone.now())
        ProfileModelFactory()
        assert follow_first_stage() is not None

    def test_not_while_what_it_needs_is_being_made(self) -> None:
        self.recommender()
        JobFactory(kind="recommend.train")
        assert follow_first_stage() is None

    def test_not_with_hardly_any_events(self) -> None:
        versions.activate(ModelVersionFactory(interactions=50))
        assert follow_first_stage() is None
        assert not Job.objects.filter(kind=TRAIN_RANKER).exists()

    def test_with_the_settings_of_the_one_that_answers(self) -> None:
        self.recommender()
        versions.activate(ModelVersionFactory(algorithm="ranker", role=Role.RANKER, config={"hidden": 24}))
        job = follow_first_stage()
        assert job is not None
        assert job.arguments["settings"]["hidden"] == 24


class TestAnswers:
    def test_they_are_in_the_rankers_order(self, shop: Partner) -> None:
        for number in range(ITEMS):
            Course.objects.filter(item_id=f"c{number}").update(price=100 * 2**number)
        version = trained_ranker()
        prefer(version, price=-1.0)
        cheap_first = shop.recommended_ids("unheard", limit=5)
        assert cheap_first == [f"c{number}" for number in range(5)]

    def test_without_a_ranker_they_are_in_the_first_stages_order(self, shop: Partner) -> None:
        for number in range(ITEMS):
            Course.objects.filter(item_id=f"c{number}").update(price=100 * 2**number)
        before = shop.recommended_ids("l1")
        version = trained_ranker()
        prefer(version, price=-1.0)
        assert shop.recommended_ids("l1") != before
        version.delete()
        activate(ModelVersion.objects.get())  # of the other role; processes look again
        assert shop.recommended_ids("l1") == before

    def test_a_damaged_ranker_is_done_without(self, shop: Partner, caplog: pytest.LogCaptureFixture) -> None:
        before = shop.recommended_ids("l1")
        version = trained_ranker()
        (settings.MEDIA_ROOT / "models" / str(version.pk) / "second.npy").write_bytes(b"rubbish")
        activate(version)
        assert shop.recommended_ids("l1") == before
        errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert len(errors) == 1
        assert "model_unreadable" in errors[0]

    def test_for_a_damaged_ranker_one_of_before_orders_the_lists_of_the_same_model(self, shop: Partner) -> None:
        for number in range(ITEMS):
            Course.objects.filter(item_id=f"c{number}").update(price=100 * 2**number)
        first = trained_ranker()
        prefer(first, price=1.0)
        by_price = shop.recommended_ids("l1")
        second = trained_ranker()
        (settings.MEDIA_ROOT / "models" / str(second.pk) / "second.npy").write_bytes(b"rubbish")
        for held in (active_ranker._held.ranker, None):
            active_ranker._held.ranker = held
            activate(second)
            assert shop.recommended_ids("l1") == by_price
        ModelVersion.objects.filter(pk=first.pk).update(first_stage=ModelVersionFactory())
        active_ranker._held.ranker = None
        activate(second)
        assert shop.recommended_ids("l1") != by_price, "it learned to order the lists of another model"

    def test_a_click_counts_in_the_next_answer(self, shop: Partner) -> None:
        prefer(trained_ranker(), same_category=5.0)
        shop.post("/events", batch(event(user_id="fresh", item_id="c1")))
        assert {group_of(item) for item in shop.recommended_ids("fresh", limit=3)} == {1}

    def test_courses_newer_than_the_ranker_are_ranked_as_well(self, shop: Partner) -> None:
        prefer(trained_ranker(), price=1.0)
        shop.put("/items/brand-new", {"title": "新课", "price": 99_999_900})
        assert shop.recommended_ids("l1", limit=1) == ["brand-new"]

    def test_a_catalogue_of_one_and_of_none(self, shop: Partner) -> None:
        activate(trained_ranker())
        Course.objects.exclude(item_id="c1").update(available=False)
        shop.put("/items/c1", {"title": "唯一"})
        assert shop.recommended_ids("unheard") == ["c1"]
        shop.put("/items/c1", {"title": "唯一", "available": False})
        assert shop.recommended_ids("unheard") == []

    def test_no_query_more_for_it(self, shop: Partner, django_assert_num_queries: Any) -> None:
        shop.recommended("l1")
        account = LinkedAccount.objects.get(external_id="l1")
        ProfileFactory(account=account)
        activate(trained_ranker())
        shop.recommended("l1")
        with django_assert_num_queries(0):
            shop.recommended("l1", limit=4)

    def test_lists_are_remembered_for_the_same_circumstances_only(self, shop: Partner) -> None:
        activate(trained_ranker())
        situation = look(shop.platform, "l1")
        phone, desktop = (circumstances_of(shop.platform, "home", device) for device in (Device.PHONE, Device.DESKTOP))
        assert ranking.looked_at(situation, phone) == ranking.looked_at(situation, phone)
        assert ranking.looked_at(situation, phone) != ranking.looked_at(situation, desktop)


class TestProfiles:
    @staticmethod
    def situation(shop: Partner) -> Any:
        return look(shop.platform, "l1")

    def test_it_is_looked_at_where_the_person_agrees(
        self, shop: Partner, django_capture_on_commit_callbacks: Any
    ) -> None:
        account = LinkedAccount.objects.get(external_id="l1")
        profile = ProfileFactory(account=account, vector=[1.0, 2.0])
        activate(trained_ranker())
        assert self.situation(shop).profile.values == (1.0, 2.0)
        shop.put("/users/l1/consents", {"profiling": False, "policy_version": "2"})
        assert self.situation(shop).profile is None, "a withdrawal counts at once"
        shop.put("/users/l1/consents", {"profiling": True, "recommendation": False, "policy_version": "2"})
        assert self.situation(shop).profile is None
        assert profile.account_ids == [account.pk]

    def test_not_one_that_was_made_of_other_accounts_too(self, shop: Partner) -> None:
        account, other = (LinkedAccount.objects.get(external_id=each) for each in ("l1", "l2"))
        ProfileFactory(account=account, account_ids=sorted([account.pk, other.pk]))
        activate(trained_ranker())
        assert self.situation(shop).profile is None

    def test_nobody_is_asked_for_profiles_without_a_ranker(self, shop: Partner) -> None:
        ProfileFactory(account=LinkedAccount.objects.get(external_id="l1"))
        assert self.situation(shop).profile is None

    def test_a_vector_on_other_axes_says_nothing(self, shop: Partner) -> None:
        ProfileFactory(account=LinkedAccount.objects.get(external_id="l1"), vector=[5.0] * 10)
        version = trained_ranker()
        activate(version)
        assert model_store.load_ranker(version).ranker.words.axes == ""
        situation, asked = look(shop.platform, "l1"), circumstances_of(shop.platform, "home")
        question = question_of(shop.platform, situation, asked, 10)
        pool = gather(situation, question.compiled, shop.platform.pk, 10).pool
        with_it = ranking.rank(pool, situation, asked, shop.platform.pk)
        without = replace(situation, profile=None)
        np.testing.assert_array_equal(with_it, ranking.rank(pool, without, asked, shop.platform.pk))


def test_rankers_know_nobody(shop: Partner) -> None:
    """No account, no user id and no teacher's name is in the stored files."""
    Course.objects.filter(item_id="c1").update(teacher="张三李四")
    version = trained_ranker()
    stored = Ranker.load(settings.MEDIA_ROOT / "models" / str(version.pk))
    written = b"".join(np.ascontiguousarray(array).tobytes() for array in stored.arrays().values())
    assert "张三李四".encode() not in written
    assert b"l17" not in bytes(stored.arrays()["words"])
