"""Data and files as bad as they come: the job says what is wrong, and the last good model goes on answering."""

import errno
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from profiles.models import Course, Event
from recommend import model_store, versions
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.algorithms.bilinear import Bilinear
from recommend.models import ModelVersion
from recommend.promotion import Activation
from recommend.serving import active_model
from recommend.training import enqueue_training
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, PlatformFactory
from tests.partner import Partner
from tests.recommend.test_versions import folder_of
from tests.recommend.trained import QUICK, planted_partner, trained, trained_job

algorithms = pytest.mark.parametrize("name", list(QUICK))


def good_model() -> tuple[Partner, ModelVersion]:
    """A platform whose people are answered by a good model."""
    shop = planted_partner()
    return shop, trained("ease")


def check_it_goes_on(shop: Partner, version: ModelVersion) -> None:
    assert ModelVersion.objects.active() == version
    assert shop.recommended("u1")["model"] == {"name": version.algorithm, "version": version.number}


def forget_what_is_held() -> None:
    """Let this process be as if it had just been started."""
    active_model._held.__init__()  # type: ignore[misc]


def ruin_values(value: str) -> None:
    """Write a value of ratings into the database that no platform can send."""
    account = LinkedAccountFactory()
    EventFactory(account=account, platform=account.platform, course=CourseFactory(), type="rating", value=3)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE profiles_event SET value = %s::numeric WHERE type = 'rating'", [value])


@pytest.mark.django_db(transaction=True)
class TestHostileData:
    @algorithms
    def test_weights_that_are_no_numbers(self, name: str) -> None:
        shop, version = good_model()
        ruin_values("NaN")
        job = trained_job(name)
        assert job.state == JobState.FAILED
        assert "1 interactions have a weight that is not a number" in job.error
        check_it_goes_on(shop, version)

    def test_all_events_are_gone(self) -> None:
        shop, version = good_model()
        shop.recommended("u1")
        Event.objects.all().delete()
        job = trained_job("ease")
        assert job.state == JobState.FAILED
        assert "import some events first" in job.error
        check_it_goes_on(shop, version)

    def test_a_training_that_diverges(self) -> None:
        shop, version = good_model()
        job = trained_job("bilinear", learning_rate=10.0, negatives_per_positive=1e6, max_epochs=5)
        if job.state == JobState.FAILED:
            assert "smaller learning_rate" in job.error
            check_it_goes_on(shop, version)
        else:
            assert np.isfinite(ModelVersion.objects.get(pk=job.result["model_id"]).metrics["ndcg@10"])

    def test_scores_that_are_no_numbers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop, version = good_model()
        monkeypatch.setattr(
            Bilinear, "scores", lambda self, histories: np.full((len(histories), self.n_items), np.nan, np.float32)
        )
        job = trained_job("bilinear")
        assert job.state == JobState.FAILED
        assert "its training went wrong" in job.error
        check_it_goes_on(shop, version)

    def test_too_little_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop, version = good_model()
        self.fail_in_fit(monkeypatch, MemoryError("Unable to allocate 7.45 GiB"))
        job = trained_job("bilinear")
        assert job.state == JobState.FAILED
        assert "not enough memory" in job.error
        check_it_goes_on(shop, version)

    def fail_in_fit(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        def fit(self: Any, *arguments: Any) -> None:
            raise error

        monkeypatch.setattr(Bilinear, "fit", fit)


@pytest.mark.django_db
class TestTinyWorlds:
    """So little that there is hardly anything to learn: a model all the same, which answers."""

    def rated(self, people: int, courses: int) -> None:
        platform = PlatformFactory()
        shelf = [CourseFactory(platform=platform) for _ in range(courses)]
        now = timezone.now() - timedelta(hours=1)
        for account in (LinkedAccountFactory(platform=platform) for _ in range(people)):
            for course in shelf:
                EventFactory(
                    account=account, platform=platform, course=course, type="rating", value=5, timestamp=now
                )  # fmt: skip

    @algorithms
    @pytest.mark.parametrize(("people", "courses"), [(1, 6), (6, 1), (5, 4)], ids=["one person", "one course", "alike"])
    def test_they_can_be_trained_on(self, name: str, people: int, courses: int) -> None:
        self.rated(people, courses)
        version = trained(name)
        assert (version.learners, version.courses) == (people, courses)
        assert all(np.isfinite(value) for value in version.metrics.values())
        assert model_store.load(version).model.n_items == courses


def bytes_flipped(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def gone(path: Path) -> None:
    path.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {"flipped": bytes_flipped, "short": cut_short, "gone": gone}


def an_array_of(folder: Path) -> Path:
    return next(
        path for path in sorted(folder.glob("*.npy")) if path.name not in (model_store.COURSES, model_store.MET)
    )


def other_catalogue(folder: Path, n_courses: int) -> None:
    np.save(folder / model_store.COURSES, np.arange(n_courses, dtype=np.int64), allow_pickle=False)


@pytest.mark.django_db(transaction=True)
class TestDamagedModels:
    @pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
    @pytest.mark.parametrize("part", ["model.json", model_store.COURSES, "an array"])
    def test_the_model_before_answers(self, damage: Callable[[Path], None], part: str) -> None:
        shop, before = good_model()
        broken = trained("popularity")
        folder = folder_of(broken)
        damage(an_array_of(folder) if part == "an array" else folder / part)
        forget_what_is_held()
        assert shop.recommended("u1")["model"] == {"name": "ease", "version": before.number}

    def test_the_one_in_memory_goes_on(self) -> None:
        shop, before = good_model()
        in_between = trained("popularity", Activation.NEVER)
        assert shop.recommended("u1")["model"]["name"] == "ease"
        cut_short(folder_of(in_between) / "model.json")
        versions.activate(in_between)
        assert shop.recommended("u1")["model"] == {"name": "ease", "version": before.number}

    @pytest.mark.parametrize("n_courses", [0, 5, 12])
    def test_a_model_of_another_catalogue(self, n_courses: int) -> None:
        shop, before = good_model()
        other = trained("popularity")
        other_catalogue(folder_of(other), n_courses)
        forget_what_is_held()
        assert shop.recommended("u1")["model"] == {"name": "ease", "version": before.number}
        with pytest.raises(CorruptedArtifact, match=r"does not fit|other courses"):
            versions.require_usable(other)

    def test_a_model_none_of_whose_courses_is_here_is_not_let_to_answer(self) -> None:
        _shop, version = good_model()
        Course.objects.all().delete()
        with pytest.raises(CorruptedArtifact, match="none of the courses"):
            versions.require_usable(version)

    def test_one_trained_beside_it_takes_over(self) -> None:
        _shop, version = good_model()
        bytes_flipped(an_array_of(folder_of(version)))
        after = trained("popularity", Activation.IF_BETTER)
        assert after.is_active
        assert after.decision["ground"] == "unreadable"

    def test_of_an_algorithm_that_is_gone(self) -> None:
        shop, before = good_model()
        other = trained("popularity")
        ModelVersion.objects.filter(pk=other.pk).update(algorithm="magic")
        forget_what_is_held()
        assert shop.recommended("u1")["model"] == {"name": "ease", "version": before.number}
        job = jobs.run(jobs.enqueue("recommend.train", {
            "algorithm_name": "magic", "settings": {}, "activation": "always",
        }, to_worker=False).pk)  # fmt: skip
        assert job.state == JobState.FAILED
        assert "There is no algorithm 'magic'" in job.error


@pytest.mark.django_db(transaction=True)
class TestNoRoomLeft:
    def test_it_says_so_and_leaves_nothing_behind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop, version = good_model()
        monkeypatch.setattr(model_store, "default_storage", FullAfter(1))
        before = set(default_storage.listdir("models")[0])
        job = trained_job("bilinear")
        assert job.state == JobState.FAILED
        assert "no room left" in job.error
        assert set(default_storage.listdir("models")[0]) == before
        check_it_goes_on(shop, version)
        monkeypatch.undo()
        assert jobs.run(enqueue_training("ease", {"regularization": 5}, to_worker=False).pk).state == JobState.SUCCEEDED


class FullAfter:
    """The storage, which is full after so many files."""

    def __init__(self, files: int) -> None:
        self.left = files

    def save(self, name: str, content: Any) -> str:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return default_storage.save(name, content)

    def __getattr__(self, name: str) -> Any:
        return getattr(default_storage, name)
