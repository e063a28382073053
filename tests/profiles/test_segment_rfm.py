"""The RFM grid: everybody with scores is in exactly one of its groups."""

from itertools import product

import pytest
from django.utils.translation import override

from accounts.models import ConsentSource, Purpose
from accounts.services.consents import state_consents
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job
from profiles import audience
from profiles.models import Segment, SegmentKind
from profiles.segmentation import membership
from profiles.segmentation.naming import name_of
from profiles.segmentation.rebuilding import enqueue_rebuild_all
from profiles.segmentation.rfm import GRID, lay_grid
from tests.factories import LinkedAccountFactory, ProfileFactory, SegmentFactory

pytestmark = pytest.mark.django_db


def test_every_cell_is_in_exactly_one_group() -> None:
    for recency, frequency in product(range(1, 6), repeat=2):
        groups = [cell for cell, (r, f) in GRID.items() if r[0] <= recency <= r[1] and f[0] <= frequency <= f[1]]
        assert len(groups) == 1, (recency, frequency)


def test_everybody_with_scores_belongs_to_one_segment_of_the_grid() -> None:
    for recency, frequency in product(range(1, 6), repeat=2):
        ProfileFactory(traits={"rfm": {"recency_score": recency, "frequency_score": frequency}})
    ProfileFactory(traits={"rfm": None})
    lay_grid()
    jobs.run(enqueue_rebuild_all(to_worker=False).pk)
    sizes = dict(Segment.objects.filter(kind=SegmentKind.RFM).values_list("key", "size"))
    assert sum(sizes.values()) == 25
    assert sizes["rfm-loyal"] == 4


def test_laying_it_again_makes_only_what_is_missing() -> None:
    lay_grid()
    Segment.objects.filter(key="rfm-new").delete()
    jobs_before = Job.objects.count()
    assert len(lay_grid()) == len(GRID) == Segment.objects.count()
    assert Job.objects.count() == jobs_before + 1


def test_its_names_are_in_the_readers_language() -> None:
    champions = lay_grid()[0]
    with override("en"):
        assert name_of(champions) == "Champions"
    with override("zh-hans"):
        assert name_of(champions) == "核心用户"


def test_clusters_are_called_by_what_is_told_of_them() -> None:
    cluster = Segment(key="cluster-3", kind=SegmentKind.CLUSTER, cluster=3)
    with override("en"):
        assert name_of(cluster) == "Cluster 4"
        cluster.told = {"interests": ["AI", "数据库"], "habit": "night", "tier": "high", "number": 2}
        assert name_of(cluster) == "AI and 数据库, learns late at night, spends much (2)"
        cluster.name = "夜猫子"
        assert name_of(cluster) == "夜猫子"


def test_rooms_above_ask_for_audiences_by_consent() -> None:
    segment, other = SegmentFactory.create_batch(2)
    agreeing, silent = LinkedAccountFactory(marketing=True), LinkedAccountFactory()
    for each in (segment, other):
        membership.replace(each, [agreeing.pk, silent.pk])
    assert set(audience.accounts_in(segment)) == {agreeing, silent}
    assert list(audience.accounts_in_any([segment, other], Purpose.MARKETING)) == [agreeing]
    assert audience.segments_of(silent) == [segment, other]
    state_consents(silent, {Purpose.PROFILING: False}, "1", ConsentSource.PERSON)
    assert not audience.includes(segment, silent)
    Segment.objects.filter(pk=segment.pk).update(is_active=False)
    assert not audience.includes(segment, agreeing)
    assert not audience.accounts_in(segment).exists()
