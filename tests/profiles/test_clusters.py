"""Clusters as segments: found by a job, kept from search to search, told in both languages."""

import json
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import ConsentSource, LinkedAccount, Purpose
from accounts.services.consents import state_consents
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.models import Clustering, Profile, ProfileModel, Segment, SegmentKind, SegmentMember, TypicalMember
from profiles.segmentation import clusters, keeping
from profiles.segmentation.clusters import Settings, enqueue_clustering, follow_profiles
from profiles.segmentation.naming import name_of
from tests.factories import LinkedAccountFactory, PlatformFactory

pytestmark = pytest.mark.django_db

EACH = 25
TASTES = {"Java": "night", "poems": "evening", "running": "morning"}
"""What the people of three groups like, and when they learn."""


def model(number: int = 1) -> ProfileModel:
    return ProfileModel.objects.create(number=number, persons=1, courses=1, completed_at=timezone.now())


def traits(topic: str, habit: str) -> dict[str, object]:
    interest = [{"name": topic, "share": 0.7}]
    return {"topics": interest, "categories": [], "spending": {"tier": "mid"}, "hours": {"habit": habit}}


def people(learned: ProfileModel, groups: int = 3) -> np.ndarray:
    """Profiles of so many groups with 25 persons each; returns the accounts, shape (groups, 25)."""
    platform = PlatformFactory()
    accounts = [[LinkedAccountFactory(platform=platform).pk for _person in range(EACH)] for _group in range(groups)]
    write(learned, np.array(accounts))
    return np.array(accounts)


def write(learned: ProfileModel, accounts: np.ndarray, axes: tuple[int, ...] = (0, 1, 2), seed: int = 0) -> None:
    """Profiles of these accounts, group by group, as a model with these axes tells them."""
    rng = np.random.default_rng(seed)
    Profile.objects.filter(account__in=accounts.ravel().tolist()).delete()
    for at, (group, (topic, habit)) in enumerate(zip(accounts, list(TASTES.items()) * 2, strict=False)):
        for account in group.tolist():
            point = np.zeros(3)
            point[axes[at % 3]] = 1.0 if at < 3 else -1.0
            tastes = (point + rng.normal(0, 0.1, 3)).tolist()
            Profile.objects.create(account_id=account, account_ids=[account], traits=traits(topic, habit),
                                   vector=tastes, tastes=tastes, model=learned, fresh_at=timezone.now())  # fmt: skip


def found(settings: Settings | None = None) -> Job:
    job = jobs.run(enqueue_clustering(settings or Settings(), to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    return job


def members(segment: Segment) -> set[int]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("account_id", flat=True))


def test_groups_become_segments_with_a_size_and_a_name_in_both_languages() -> None:
    accounts = people(model())
    job = found()
    assert (job.result["clusters"], job.result["entered"]) == (3, 3 * EACH)
    segments = list(Segment.objects.filter(kind=SegmentKind.CLUSTER))
    assert sorted(map(sorted, map(members, segments))) == sorted(accounts.tolist())
    assert [each.size for each in segments] == [EACH] * 3
    java = next(each for each in segments if int(accounts[0, 0]) in members(each))
    with translation.override("en"):
        assert name_of(java) == "Java, learns late at night"
    with translation.override("zh-hans"):
        assert name_of(java) == "Java，深夜学习"


def test_after_another_model_the_same_people_keep_number_name_and_days() -> None:
    accounts = people(model())
    found()
    before = {each.pk: (each.cluster, each.told, members(each)) for each in Segment.objects.all()}
    write(model(2), accounts, axes=(2, 0, 1), seed=4)
    job = found()
    assert (job.result["entered"], job.result["left"]) == (0, 0)
    assert {each.pk: (each.cluster, each.told, members(each)) for each in Segment.objects.all()} == before
    assert Clustering.objects.count() == 2


def test_a_new_group_gets_a_new_number_and_a_group_that_is_gone_closes_its_segment() -> None:
    accounts = people(model(), groups=4)
    found()
    gone = Segment.objects.get(members__account=int(accounts[0, 0]))
    LinkedAccount.objects.filter(pk__in=accounts[0].tolist()).delete()
    newcomers = people(ProfileModel.objects.get(), groups=6)
    Profile.objects.filter(account__in=newcomers[:5].ravel().tolist()).delete()
    found()
    gone.refresh_from_db()
    assert not gone.is_active
    assert members(gone) == set()
    new = Segment.objects.get(members__account=int(newcomers[5, 0]))
    assert new.cluster == 4
    assert Segment.objects.active().count() == 4


def test_a_cluster_that_a_marketer_closed_stays_closed() -> None:
    accounts = people(model())
    found()
    closed = Segment.objects.get(members__account=int(accounts[1, 0]))
    closed.is_active = False
    job = keeping.save(closed, to_worker=False)
    assert job is not None
    jobs.run(job.pk)
    write(model(2), accounts, axes=(1, 2, 0))
    found()
    closed.refresh_from_db()
    assert not closed.is_active
    assert members(closed) == set()
    assert Segment.objects.filter(kind=SegmentKind.CLUSTER).count() == 3


def test_who_withdraws_is_in_no_cluster_and_who_is_erased_stands_for_none() -> None:
    accounts = people(model())
    found()
    account = LinkedAccount.objects.get(pk=int(accounts[0, 0]))
    state_consents(account, {Purpose.PROFILING: False}, "1", ConsentSource.PERSON)
    found()
    assert not SegmentMember.objects.filter(account=account).exists()
    assert not TypicalMember.objects.filter(account=account).exists()
    account.delete()
    found()
    assert sum(each.size for each in Segment.objects.active()) == 3 * EACH - 1


def test_clusters_of_other_things_are_others() -> None:
    people(model())
    found()
    tastes = set(Segment.objects.values_list("cluster", flat=True))
    found(Settings(view="whole", algorithm="mixture", number=2))
    active = set(Segment.objects.active().values_list("cluster", flat=True))
    assert len(active) == 2
    assert not active & tastes


def test_nobody_of_whom_no_taste_is_known_is_put_into_a_cluster_of_tastes() -> None:
    accounts = people(model())
    Profile.objects.filter(account=int(accounts[0, 0])).update(tastes=[])
    assert found().result["persons"] == 3 * EACH - 1


def test_too_few_people_and_missing_profiles_are_said() -> None:
    job = jobs.run(enqueue_clustering(Settings(), to_worker=False).pk)
    assert "build them first" in job.error
    people(model(), groups=1)
    job = jobs.run(enqueue_clustering(Settings(number=5), to_worker=False).pk)
    assert "too few to find 5 clusters" in job.error


def test_each_building_of_profiles_is_followed_by_one_search_with_the_settings_of_before() -> None:
    assert follow_profiles() is None
    people(model())
    found(Settings(number=2))
    assert follow_profiles() is None
    model(2)
    ProfileModel.objects.filter(number=2).update(completed_at=timezone.now() + timedelta(seconds=1))
    job = follow_profiles()
    assert job is not None
    assert job.arguments == {"algorithm": "kmeans", "view": "tastes", "number": 2}


def test_many_people_are_put_into_clusters_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = people(model())
    monkeypatch.setattr(clusters, "AT_ONCE", 7)
    monkeypatch.setattr(clusters.fitting, "MOST_FITTED", 50)
    assert found().result["persons"] == 3 * EACH
    assert SegmentMember.objects.filter(account__in=accounts.ravel().tolist()).count() == 3 * EACH


def test_the_command_searches_here_and_refuses_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    people(model())
    call_command("find_clusters", "--here", "--number", "auto")
    assert "3 clusters of 75 persons" in capsys.readouterr().out
    with pytest.raises(CommandError, match="--number 99"):
        call_command("find_clusters", "--number", "99")


def test_the_desk_shows_clusters_and_scores_and_starts_a_search(admin_client: Client) -> None:
    people(model())
    found()
    page = admin_client.get(reverse("admin:profiles_clustering_change", args=[Clustering.objects.get().pk]))
    body = page.content.decode()
    assert "Java" in body
    assert json.loads(page.context["scores_chart"])["labels"][0] == 2
    assert admin_client.get(reverse("admin:profiles_clustering_changelist")).status_code == 200
    asked = {"_form_submitted": "on", "view": "whole", "algorithm": "mixture", "number": "4"}
    admin_client.post(reverse("admin:profiles_clustering_search_now"), asked)
    assert Job.objects.filter(kind=clusters.CLUSTER).latest("created_at").arguments == {
        "algorithm": "mixture",
        "view": "whole",
        "number": 4,
    }
