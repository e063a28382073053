"""Putting together what the ranker learns from."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from django.utils import timezone

from accounts.models import Platform
from recommend.algorithms.base import EmptyDataset, Progress
from recommend.algorithms.interactions import Float64Array, Int64Array
from recommend.ranking.courses import DAY
from recommend.ranking.examples import Examples
from recommend.ranking.ranker import Background
from recommend.ranking.vocabulary import Vocabulary, distinct
from recommend.ranking_data import catalogue, deeds, first_stage, lists, made_up, people
from recommend.ranking_data.placing import Placing, World
from recommend.ranking_data.vectors import PastVectors

WINDOW_DAYS = 28.0
"""Lists of so many days are learned from."""
SHARE_BEFORE = 0.5
"""So much of all events has to come before the lists, for the first stage to have something to speak from."""
ENOUGH_CLICKS = 20_000
"""With fewer clicks on lists that were shown, lists are made up as well."""


TEST_SHARE = 0.15
"""The latest lists that a ranker is measured on."""
EVERYTHING = 100_000
"""Courses set beside what somebody came to, where all that the platform had are meant."""


@dataclass(frozen=True)
class RankingData:
    """What is learned from, and what the ranker has to know besides.

    questions: the latest lists of the examples; where they are made up, all courses that the platform had then stand
    beside what somebody came to. shown: how many of the lists were shown; accounts: to how many accounts.
    """

    examples: Examples
    questions: Examples
    askers: Int64Array
    background: Background
    shown: int
    accounts: int


def load(progress: Progress) -> RankingData:
    """Everything that may be learned from. Raises `EmptyDataset` where there is nothing."""
    everyone = people.read()
    described = catalogue.read()
    done = deeds.read(everyone, described.ids)
    if not len(done):
        raise EmptyDataset("There are no events to learn from; record or import some first.")
    until = timezone.now().timestamp()
    since = _beginning(done.times)
    platforms = {platform.pk: platform for platform in Platform.objects.all()}
    shown = lists.read(everyone, done, described.ids, datetime.fromtimestamp(since, UTC), until)
    vocabulary = Vocabulary(
        categories=distinct(described.categories),
        kinds=distinct(described.kinds),
        platforms=distinct(str(pk) for pk in platforms),
        devices=distinct(each.device for each in shown),
        placements=distinct(each.placement for each in shown),
        sources=(first_stage.SOURCE,),
    )
    courses = described.coded(vocabulary)
    wanted = [*shown]
    if sum(int(each.came[:, 0].sum()) for each in shown) < ENOUGH_CLICKS:
        clocks = {pk: platform.timezone for pk, platform in platforms.items()}
        wanted += made_up.read(everyone, done, courses, clocks, since, until)
    wanted.sort(key=lambda each: each.moment)
    world = World(
        people=everyone,
        deeds=done,
        courses=courses,
        vocabulary=vocabulary,
        first_stage=first_stage.before(since, described.ids, progress),
        vectors=PastVectors(everyone, wanted, since, until),
        house=frozenset(pk for pk, platform in platforms.items() if platform.is_house),
    )
    placing = Placing(world)
    examples = placing.examples(wanted, progress)
    background = Background(courses, placing.renown_now(until + DAY), world.vectors.axes)
    latest = wanted[len(wanted) - round(TEST_SHARE * len(wanted)) :]
    asked = [replace(each, others=EVERYTHING if each.others else 0) for each in latest]
    questions = Placing(world).examples(asked, progress)
    askers = np.array([everyone.group_of[each.account] for each in asked], dtype=np.int64)
    return RankingData(examples, questions, askers, background, len(shown), len({each.account for each in wanted}))


def _beginning(times: Float64Array) -> float:
    """From when on lists are looked at: the window before the last event, behind enough events to speak from."""
    latest, enough = float(times.max()), float(np.quantile(times, SHARE_BEFORE))
    return max(latest - WINDOW_DAYS * DAY, enough)
