"""Turning lists into numbers: each list with everything as it stood when it was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recommend.algorithms.base import PREPARING, Progress
from recommend.algorithms.interactions import Float32Array, Int64Array
from recommend.ranking.circumstances import Moment, Question, question_of
from recommend.ranking.config import HEADS
from recommend.ranking.courses import Courses, Renown, course_features
from recommend.ranking.examples import NOWHERE, Examples
from recommend.ranking.past import Past, past_features, person_features
from recommend.ranking.sources import on_scale_of, source_features
from recommend.ranking.vocabulary import UNKNOWN, Vocabulary
from recommend.ranking_data.deeds import Deeds, History, RenownByDay
from recommend.ranking_data.first_stage import FirstStage
from recommend.ranking_data.lists import Shown
from recommend.ranking_data.people import People
from recommend.ranking_data.vectors import PastVectors

AT_ONCE = 256
BEST_OTHERS = 100
"""From so many of the first stage's best come half of the courses that are set beside what somebody came to."""


@dataclass(frozen=True)
class World:
    """All that lists are told from. house: platforms whose lists show the courses of all."""

    people: People
    deeds: Deeds
    courses: Courses
    vocabulary: Vocabulary
    first_stage: FirstStage
    vectors: PastVectors
    house: frozenset[int]


@dataclass
class _Columns:
    """The columns of `Examples`, list by list."""

    questions: list[Question] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    numbers: list[Float32Array] = field(default_factory=list)
    rows: list[Int64Array] = field(default_factory=list)
    places: list[np.ndarray] = field(default_factory=list)
    first_stage: list[Float32Array] = field(default_factory=list)
    came: list[Float32Array] = field(default_factory=list)
    is_known: list[np.ndarray] = field(default_factory=list)
    weights: list[Float32Array] = field(default_factory=list)


class Placing:
    """Makes examples of lists, which have to come in order of time."""

    def __init__(self, world: World) -> None:
        self._world, self._columns = world, _Columns()
        self._renown_by_day = RenownByDay(world.deeds, len(world.courses))
        self._day, self._renown = -1.0, Renown.none(len(world.courses))
        self._random = np.random.default_rng(0)
        everywhere = np.arange(len(world.courses))
        codes = world.vocabulary.of_platform
        self._shelf_of = {
            int(pk): everywhere if int(pk) in world.house else np.flatnonzero(world.courses.platform == code)
            for pk, code in codes.items()
        }

    def examples(self, lists: Sequence[Shown], progress: Progress) -> Examples:
        """All lists as numbers."""
        for start in range(0, len(lists), AT_ONCE):
            progress(PREPARING, start, len(lists), {})
            some = lists[start : start + AT_ONCE]
            histories = [self._history(each) for each in some]
            for shown, history, scores in zip(some, histories, self._world.first_stage.scores(histories), strict=True):
                self._add(shown, history, scores)
        return self._stacked()

    def renown_now(self, moment: float) -> Renown:
        """What all courses are known for at last; no lists can be added afterwards."""
        return self._renown_by_day.on_day_of(moment)

    def _history(self, shown: Shown) -> History:
        deeds, group = self._world.deeds, self._world.people.group_of[shown.account]
        if not deeds.knows(group):
            return History(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0))
        return deeds.history(group, shown.moment)

    def _add(self, shown: Shown, history: History, scores: Float32Array) -> None:
        world, columns = self._world, self._columns
        shelf = self._shelf_of[shown.platform]
        others, weights = self._others(shown, history, shelf, scores)
        rows = np.concatenate([shown.courses, others])
        candidates, past = world.courses.take(rows), self._past(history)
        ours = on_scale_of(scores[rows], scores[shelf])
        columns.numbers.append(
            np.concatenate(
                [
                    course_features(candidates, self._renown_on(shown.moment).take(rows), shown.moment),
                    past_features(past, candidates, shown.moment),
                    source_features(ours[None]),
                ],
                axis=1,
            )
        )
        words = world.vocabulary
        moment = Moment(
            platform=words.of_platform.get(str(shown.platform), UNKNOWN),
            device=words.of_device.get(shown.device, UNKNOWN),
            placement=words.of_placement.get(shown.placement, UNKNOWN),
            hour=shown.hour,
            weekday=shown.weekday,
        )
        profile = world.vectors.of(shown.account, shown.moment)
        columns.questions.append(question_of(moment, profile, person_features(past, shown.moment)))
        columns.moments.append(shown.moment)
        columns.rows.append(rows)
        columns.first_stage.append(ours)
        columns.places.append(np.append(shown.places, np.full(len(others), NOWHERE)))
        columns.weights.append(np.concatenate([np.ones(len(shown.courses), np.float32), weights]))
        columns.came.append(np.concatenate([shown.came, np.zeros((len(others), len(HEADS)), np.float32)]))
        known = shown.is_known[:1].repeat(len(others), axis=0)
        columns.is_known.append(np.concatenate([shown.is_known, known]))

    def _past(self, history: History) -> Past:
        return Past(self._world.courses.take(history.courses), history.weights, history.times)

    def _renown_on(self, moment: float) -> Renown:
        day = moment // 86_400
        if day != self._day:
            self._day, self._renown = day, self._renown_by_day.on_day_of(moment)
        return self._renown

    def _others(
        self, shown: Shown, history: History, shelf: Int64Array, scores: Float32Array
    ) -> tuple[Int64Array, Float32Array]:
        """Courses that could have been recommended then: half of them of the first stage's best, half of the others.

        Each with a weight, for those that were not drawn.
        """
        if not shown.others:
            return shelf[:0], np.zeros(0, np.float32)
        published = self._world.courses.published[shelf]
        known = np.concatenate([shown.courses, history.courses])
        there = shelf[~(published > shown.moment) & ~np.isin(shelf, known)]
        own = scores[there]
        order = there[np.argsort(-np.where(np.isfinite(own), own, -np.inf), kind="stable")]
        drawn: list[Int64Array] = []
        weights: list[Float32Array] = []
        for stratum in (order[:BEST_OTHERS], order[BEST_OTHERS:]):
            some = self._random.permutation(stratum)[: shown.others // 2]
            drawn.append(some)
            weights.append(np.full(len(some), len(stratum) / max(len(some), 1), np.float32))
        return np.concatenate(drawn), np.concatenate(weights)

    def _stacked(self) -> Examples:
        columns, courses = self._columns, self._world.courses
        rows = np.concatenate([np.zeros(0, np.int64), *columns.rows])
        sizes = [len(each) for each in columns.rows]
        return Examples(
            vocabulary=self._world.vocabulary,
            offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            times=np.array(columns.moments, dtype=np.float64),
            asked=np.array([each.numbers for each in columns.questions], dtype=np.float32),
            platform=np.array([each.platform for each in columns.questions], dtype=np.int32),
            device=np.array([each.device for each in columns.questions], dtype=np.int32),
            placement=np.array([each.placement for each in columns.questions], dtype=np.int32),
            numbers=np.concatenate(columns.numbers) if sizes else np.zeros((0, 0), np.float32),
            category=courses.category[rows],
            kind=courses.kind[rows],
            teacher=courses.teacher[rows],
            places=np.concatenate([np.zeros(0, np.int32), *columns.places]).astype(np.int32),
            first_stage=np.concatenate([np.zeros(0, np.float32), *columns.first_stage]),
            came=np.concatenate([np.zeros((0, len(HEADS)), np.float32), *columns.came]),
            is_known=np.concatenate([np.zeros((0, len(HEADS)), bool), *columns.is_known])
            & _can_be_bought(courses.price[rows]),
            weights=np.concatenate([np.zeros(0, np.float32), *columns.weights]),
        )


def _can_be_bought(price: Float32Array) -> np.ndarray:
    """Which outcomes are to be expected at all, bool (n, heads): what is free is not bought."""
    possible = np.ones((len(price), len(HEADS)), bool)
    possible[:, HEADS.index("purchase")] = price != 0
    return possible
