"""In a small demo world, people of different tastes are shown different courses by the default placement."""

import numpy as np
import pytest

from accounts.models import LinkedAccount
from benchmarks.silent import Silent
from crossmarket.demo.addresses import Addresses
from crossmarket.demo.load import load
from crossmarket.demo.world import generate
from profiles.models import Course
from recommend import serving
from recommend.placements.keeping import describe
from tests.recommend.trained import trained

pytestmark = pytest.mark.django_db

LONG = 10
PEOPLE, COURSES = 60, 240
ONLY_POPULAR = {"off": ["model", "similar", "same_category", "new"]}


def overlap(lists: list[list[int]]) -> float:
    """The mean share of courses that two of the lists have in common."""
    _courses, counts = np.unique(np.concatenate(lists), return_counts=True)
    return float((counts * (counts - 1.0)).sum() / (LONG * len(lists) * (len(lists) - 1)))


def lists_of(accounts: list[LinkedAccount], placement: str) -> list[list[int]]:
    answers = [serving.recommend(each.platform, each.external_id, placement, LONG) for each in accounts]
    return [[item.course.id for item in answer.items] for answer in answers]


def test_lists_differ_and_show_much_of_the_catalogue_together() -> None:
    load(generate(PEOPLE, COURSES), Addresses(8000), Silent())
    trained("ease")
    accounts = list(LinkedAccount.objects.select_related("platform"))
    describe(None, "popular-only", ONLY_POPULAR)
    lists, popular = lists_of(accounts, "home"), lists_of(accounts, "popular-only")
    assert overlap(lists) < 0.3
    for platform in {each.platform_id for each in accounts}:
        own = [row for account, row in zip(accounts, lists, strict=True) if account.platform_id == platform]
        assert overlap(own) < 0.3
    listed = Course.objects.listed().count()
    assert len(np.unique(np.concatenate(lists))) / listed > 0.4 > len(np.unique(np.concatenate(popular))) / listed
