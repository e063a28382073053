"""The part of an answer that is the same each time it is asked for: candidates, ranked, with the rules applied."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from recommend.algorithms.interactions import Float64Array, Int64Array
from recommend.exploration.drawing import Offer
from recommend.placements.rules import Stage
from recommend.serving import fresh, popular, ranking
from recommend.serving.answers import CourseCard, RecommendedCourse, Source
from recommend.serving.candidates import KnownHistory
from recommend.serving.gathering import gather
from recommend.serving.lineup import Lineup
from recommend.serving.offering import offers_of, worth_trying
from recommend.serving.pool import Pool
from recommend.serving.question import Question
from recommend.serving.steps import STEPS, Setting

MOST_LISTS = 2_000
IN_RESERVE = 40
"""So many more are prepared than asked for: for exploring, and because some may have been taken off a moment ago."""
SECONDS_A_LIST_LASTS = 3600
"""Lists whose rules look at the clock are made anew after so long."""


class Watcher(Protocol):
    """Who is told how a list is made."""

    def begin(self, setting: Setting) -> None:
        """The candidates are known; called once more where those that the person knows are looked at again."""

    def after(self, stage: Stage, lineup: Lineup) -> None:
        """The line-up as a stage has left it."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """positions: int64 (shown,), which of the lineup is shown at each place; propensities: float64 (shown,).

    noted: what is written down with the answer, for learning from it.
    """

    positions: Int64Array
    propensities: Float64Array
    noted: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Prepared:
    """The head of a list, best first: row k of `pool` and `cards` is at position k of `lineup`.

    Behind the head stand those that exploring may show besides; `offers` name their positions.

    fixed: positions that rules have given to a certain course. is_again: whether the person knows all there is, so that
    these are shown once more. known: the history that the model ranked by, None without a model. told: what has been
    put into words already, by language and position. drawn: by seed and number of places, what exploring has drawn.
    """

    pool: Pool
    lineup: Lineup
    cards: list[CourseCard]
    fixed: frozenset[int]
    is_again: bool
    known: KnownHistory | None
    offers: list[Offer] = field(default_factory=list)
    told: dict[str, dict[int, RecommendedCourse]] = field(default_factory=dict)
    drawn: dict[tuple[int, int], Chosen] = field(default_factory=dict)

    @cached_property
    def drawn_from(self) -> bytes:
        """A digest of the courses that exploring draws from, in their order, however many of them are asked for."""
        course_ids = self.pool.course_ids
        offered = [(offer.arm, offer.at_random, course_ids[offer.candidates].tolist()) for offer in self.offers]
        told = (course_ids[:IN_RESERVE].tolist(), sorted(self.fixed), offered)
        return hashlib.blake2b(repr(told).encode(), digest_size=16).digest()

    def source_of(self, position: int) -> Source:
        """Where the course at a position is told to come from."""
        return Source.AGAIN if self.is_again else self.pool.source_of(position)


def prepared(question: Question) -> Prepared:
    """The list, remembered until something changes that it was made from."""
    key = _key(question)
    lists = question.situation.catalogue.lists
    found = lists.get(key)
    if found is None:
        found = prepare(question)
        if len(lists) >= MOST_LISTS:
            lists.clear()
        lists[key] = found
    return found


def prepare(question: Question, watcher: Watcher | None = None) -> Prepared:
    """Make the list anew."""
    wanted = question.limit + IN_RESERVE
    gathered = gather(
        question.situation, question.compiled, question.platform_id, wanted, question.alike, question.fellows
    )
    setting = _setting(question, gathered.pool)
    lineup = _line_up(question, setting, watcher)
    is_again = not len(lineup) and setting.rules.has(Stage.MET)
    if is_again:
        lineup = _once_more(question, setting, watcher)
    new = fresh.kept(question.situation.catalogue, question.platform_id).places
    head, cards = _head(lineup, gathered.pool, wanted, question, worth_trying(gathered.pool, lineup, new))
    pool = gathered.pool.take(head.rows)
    fixed = frozenset(np.flatnonzero(np.isin(pool.places, [place for _at, place in question.compiled.pins])).tolist())
    offers = [] if is_again else offers_of(pool, new, setting.rules)
    return Prepared(pool, Lineup(np.arange(len(head)), head.scores), cards, fixed, is_again, gathered.known, offers)


def _line_up(
    question: Question, setting: Setting, watcher: Watcher | None = None, without: frozenset[Stage] = frozenset()
) -> Lineup:
    """The candidates, ranked, after all rules that are switched on, but for those in `without`."""
    rules, pool = setting.rules, setting.pool
    if rules.has(Stage.RANKING):
        scores = ranking.rank(pool, question.situation, question.circumstances, question.platform_id)
    else:
        scores = ranking.by_sources(pool)
    lineup = Lineup(np.arange(len(pool)), scores).by_score()
    if watcher is not None:
        watcher.begin(setting)
        watcher.after(Stage.RANKING, lineup)
    for step in STEPS:
        if rules.has(step.stage) and step.stage not in without and step.is_needed(setting):
            lineup = step.apply(lineup, setting)
            if watcher is not None:
                watcher.after(step.stage, lineup)
    return lineup


def _once_more(question: Question, setting: Setting, watcher: Watcher | None = None) -> Lineup:
    """For those who know all that there is for them: what they looked at longest ago, of what they may be shown."""
    lineup = _line_up(question, setting, watcher, without=frozenset([Stage.MET, Stage.PINS]))
    longest_ago = {course: number for number, course in enumerate(question.situation.history.course_ids)}
    numbers = [longest_ago.get(course, len(longest_ago)) for course in setting.pool.course_ids[lineup.rows].tolist()]
    return lineup.in_order(np.argsort(np.array(numbers, np.int64), kind="stable"))


def _setting(question: Question, pool: Pool) -> Setting:
    situation = question.situation
    return Setting(
        pool,
        situation.catalogue.shelf(question.platform_id),
        question.compiled,
        popular.kept(situation.catalogue, question.platform_id),
        situation.history,
        question.segments,
        question.limit,
        time.time(),
    )


def _head(
    lineup: Lineup, pool: Pool, wanted: int, question: Question, besides: Int64Array
) -> tuple[Lineup, list[CourseCard]]:
    """The first `wanted`, and those at the positions `besides`, with their cards; without those that were taken off
    since the shelf was read.
    """
    head = lineup.in_order(np.union1d(np.arange(min(wanted, len(lineup))), besides))
    course_ids = pool.course_ids[head.rows].tolist()
    cards = question.situation.catalogue.cards(course_ids)
    if len(cards) < len(head):
        still_there = {card.id for card in cards}
        head = head.where(np.array([course in still_there for course in course_ids], bool))
    return head, cards


def _key(question: Question) -> tuple[object, ...]:
    situation, history = question.situation, question.situation.history
    return (
        situation.model.version_id if situation.model else None,
        popular.kept(situation.catalogue, question.platform_id),
        fresh.kept(situation.catalogue, question.platform_id),
        question.compiled,
        int(time.time() // SECONDS_A_LIST_LASTS) if question.compiled.changes_with_time else None,
        question.segments,
        question.alike,
        question.fellows,
        question.platform_id,
        question.limit,
        ranking.looked_at(situation, question.circumstances),
        tuple(history.course_ids),
        tuple(history.weights),
        tuple(history.times),
        tuple(history.bought),
    )
