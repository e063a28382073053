"""Building all profiles: whose events count, what is kept, and what happens when consent changes."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import ConsentSource, LinkedAccount, Person, Purpose
from accounts.services.consents import state_consents
from accounts.services.linking import leave
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles import tasks
from profiles.modeling import profile_model
from profiles.models import Course, EventType, Profile, ProfileModel
from profiles.profiling import building, model_store, subjects
from profiles.profiling.building import BUILD, enqueue_build
from tests.factories import CourseFactory, EventFactory, JobFactory, LinkedAccountFactory, PlatformFactory

pytestmark = pytest.mark.django_db


def did(
    account: LinkedAccount, times: int = 3, course: Course | None = None, days_ago: int = 1, **fields: object
) -> None:
    """Events of an account on one day."""
    course = course or CourseFactory(platform=account.platform)
    for number in range(times):
        moment = timezone.now() - timedelta(days=days_ago, minutes=40 * number)
        EventFactory(course=course, account=account, timestamp=moment, **fields)


def built() -> Job:
    """A building in this process."""
    job = jobs.run(enqueue_build(to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    return job


def joined_pair() -> tuple[LinkedAccount, LinkedAccount]:
    """Two accounts of one person on two platforms, both agreeing to be joined, with three events each."""
    person = Person.objects.create()
    pair = [LinkedAccountFactory(person=person, cross_platform=True) for _ in range(2)]
    for account in pair:
        did(account)
    return pair[0], pair[1]


def test_joined_accounts_make_one_profile_of_all_their_events() -> None:
    first, second = joined_pair()
    built()
    profile = Profile.objects.get()
    assert profile.account == first
    assert profile.account_ids == [first.pk, second.pk]
    assert profile.traits["events"] == 6
    assert {each["name"] for each in profile.traits["platforms"]} == {first.platform.slug, second.platform.slug}


def test_an_account_that_does_not_agree_to_joining_has_a_profile_of_its_own() -> None:
    _first, second = joined_pair()
    LinkedAccount.objects.filter(pk=second.pk).update(cross_platform=False)
    built()
    assert [each.traits["events"] for each in Profile.objects.order_by("pk")] == [3, 3]


def test_who_does_not_agree_to_profiling_has_none_and_loses_the_one_there_was() -> None:
    did(LinkedAccountFactory())
    account = LinkedAccountFactory()
    did(account)
    built()
    assert Profile.objects.count() == 2
    state_consents(account, {Purpose.PROFILING: False}, "1", ConsentSource.PERSON)
    assert Profile.objects.standing().count() == 1
    job = built()
    assert job.result["removed"] == 1
    assert not Profile.objects.filter(account=account).exists()


def test_a_profile_stands_no_longer_once_the_accounts_part_or_one_withdraws_from_joining() -> None:
    _first, second = joined_pair()
    built()
    assert Profile.objects.standing().exists()
    leave(second)
    assert not Profile.objects.standing().exists()
    again, _other = joined_pair()
    built()
    state_consents(again, {Purpose.CROSS_PLATFORM: False}, "1", ConsentSource.PERSON)
    assert not Profile.objects.standing().filter(account=again).exists()


def test_who_did_nothing_has_no_profile_and_nobody_at_all_is_told_plainly() -> None:
    LinkedAccountFactory()
    job = jobs.run(enqueue_build(to_worker=False).pk)
    assert job.state == JobState.FAILED
    assert "Nobody" in job.error


def test_hours_go_by_the_clock_of_the_person() -> None:
    at_noon_in_utc = datetime.now(UTC).replace(hour=12, minute=5) - timedelta(days=2)
    by_platform = LinkedAccountFactory(platform=PlatformFactory(timezone="Asia/Shanghai"))
    by_trait = LinkedAccountFactory(traits={"timezone": "America/New_York"})
    nonsense = LinkedAccountFactory(traits={"timezone": "Moon/Sea"}, platform=PlatformFactory(timezone="UTC"))
    for account in (by_platform, by_trait, nonsense):
        EventFactory(account=account, course__platform=account.platform, timestamp=at_noon_in_utc)
    built()
    hour = {
        each.account_id: int(np.array(each.traits["hours"]["visits"]).sum(axis=0).argmax())
        for each in Profile.objects.all()
    }
    assert hour[by_platform.pk] == 20
    assert hour[by_trait.pk] in (7, 8)
    assert hour[nonsense.pk] == 12


def test_the_clock_that_any_account_tells_is_the_persons() -> None:
    first, second = joined_pair()
    LinkedAccount.objects.filter(pk=second.pk).update(traits={"timezone": "Europe/Berlin"})
    assert [each.timezone for each in subjects.of_person(first.person_id)] == ["Europe/Berlin"]


def test_spending_is_compared_among_all_members() -> None:
    accounts = [LinkedAccountFactory() for _ in range(10)]
    for number, account in enumerate(accounts):
        did(account, times=1, type=EventType.PURCHASE, value=1_000 * (number + 1))
    built()
    percentile = [Profile.objects.get(account=account).traits["spending"]["percentile"] for account in accounts]
    assert percentile == sorted(percentile)
    assert percentile[0] <= 0.1
    assert percentile[-1] >= 0.9


def test_a_model_is_kept_as_plain_arrays_and_read_back_the_same() -> None:
    for _ in range(12):
        did(LinkedAccountFactory())
    built()
    version = ProfileModel.objects.current()
    names = default_storage.listdir(f"profile-models/{version.pk}")[1]
    assert sorted(names) == ["arrays.npz", "words.json"]
    learned = model_store.load(version)
    assert learned.pipeline["reduce"].components_.shape[1] == len(learned.words.features)
    assert all(len(each.vector) == len(learned.pipeline["reduce"].components_) for each in Profile.objects.all())


def test_a_model_that_cannot_be_read_says_what_to_do() -> None:
    did(LinkedAccountFactory())
    built()
    version = ProfileModel.objects.current()
    default_storage.delete(f"profile-models/{version.pk}/arrays.npz")
    model_store._load.cache_clear()
    with pytest.raises(model_store.ModelUnreadable, match="build_profiles"):
        model_store.load(version)


def test_a_model_of_another_format_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    did(LinkedAccountFactory())
    built()
    model_store._load.cache_clear()
    monkeypatch.setattr(profile_model, "FORMAT", profile_model.FORMAT + 1)
    with pytest.raises(model_store.ModelUnreadable, match="format"):
        model_store.load(ProfileModel.objects.current())


def test_versions_are_numbered_and_drift_is_measured_against_the_one_before() -> None:
    accounts = [LinkedAccountFactory() for _ in range(20)]
    for number, account in enumerate(accounts):
        did(account, days_ago=number + 1)
    built()
    built()
    assert ProfileModel.objects.current().largest_drift < 0.1
    for account in accounts:
        did(account, times=30)
    built()
    assert ProfileModel.objects.current().number == 3
    assert ProfileModel.objects.current().drift["events"] > 0.25


def test_old_models_are_thrown_away_with_their_files(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    monkeypatch.setattr(building, "KEPT", 1)
    did(LinkedAccountFactory())
    built()
    first = ProfileModel.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        built()
    assert ProfileModel.objects.get().number == 2
    assert not default_storage.exists(f"profile-models/{first.pk}/arrays.npz")


def test_a_cancelled_building_leaves_the_model_before_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    did(LinkedAccountFactory())
    built()
    job = enqueue_build(to_worker=False)
    jobs_seen = []

    def cancel_while_telling(seen: Job) -> None:
        jobs_seen.append(seen.step)
        if seen.step == building.TELLING:
            jobs.request_cancel(seen)

    ended = jobs.run(job.pk, cancel_while_telling)
    assert ended.state == JobState.CANCELLED
    assert ProfileModel.objects.current().number == 1


def test_two_buildings_do_not_run_at_once() -> None:
    did(LinkedAccountFactory())
    JobFactory(kind=BUILD, arguments={}, state=JobState.RUNNING, started_at=timezone.now())
    job = jobs.run(enqueue_build(to_worker=False).pk)
    assert job.state == JobState.FAILED
    assert "already" in job.error


def test_a_second_building_is_not_queued_while_one_waits() -> None:
    assert enqueue_build() == enqueue_build()
    tasks.build_profiles_nightly()
    assert Job.objects.filter(kind=BUILD).count() == 1


def test_many_persons_are_built_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "AT_ONCE", 2)
    for _ in range(5):
        did(LinkedAccountFactory())
    assert built().result["profiles"] == 5


def test_the_command_builds_and_tells_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="Nobody"):
        call_command("build_profiles", "--here")
    did(LinkedAccountFactory())
    call_command("build_profiles", "--here")
    assert "1 profiles built with model v1." in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_worker_builds_profiles(celery_worker_process: subprocess.Popen[bytes]) -> None:
    did(LinkedAccountFactory())
    call_command("build_profiles")
    assert Profile.objects.count() == 1
