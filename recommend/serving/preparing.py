"""The part of an answer that is the same each time it is asked for: candidates, ranked, with the rules applied."""

from dataclasses import dataclass, field

import numpy as np

from recommend.algorithms.interactions import Int64Array
from recommend.serving import popular, ranking
from recommend.serving.answers import CourseCard, RecommendedCourse, Source
from recommend.serving.candidates import KnownHistory
from recommend.serving.circumstances import Circumstances
from recommend.serving.gathering import gather
from recommend.serving.lineup import Lineup
from recommend.serving.pool import Pool
from recommend.serving.situation import Situation

MOST_LISTS = 20_000
IN_RESERVE = 40
"""So many more are prepared than asked for: for exploring, and because some may have been taken off a moment ago."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """The head of a list, best first: row k of `pool` and `cards` is at position k of `lineup`.

    is_again: whether the person knows all there is, so that these are shown once more.
    known: the history that the model ranked by, None without a model. told: what has been put into words already, by
    language and position.
    """

    pool: Pool
    lineup: Lineup
    cards: list[CourseCard]
    is_again: bool
    known: KnownHistory | None
    told: dict[str, dict[int, RecommendedCourse]] = field(default_factory=dict)

    def source_of(self, position: int) -> Source:
        """Where the course at a position is told to come from."""
        return Source.AGAIN if self.is_again else self.pool.source_of(position)


def prepared(situation: Situation, circumstances: Circumstances, platform_id: int | None, limit: int) -> Prepared:
    """The list, remembered until something changes that it was made from."""
    key = _key(situation, circumstances, platform_id, limit)
    lists = situation.catalogue.lists
    found = lists.get(key)
    if found is None:
        found = prepare(situation, circumstances, platform_id, limit)
        if len(lists) >= MOST_LISTS:
            lists.clear()
        lists[key] = found
    return found


def prepare(situation: Situation, circumstances: Circumstances, platform_id: int | None, limit: int) -> Prepared:
    """Make the list anew."""
    wanted = limit + IN_RESERVE
    gathered = gather(situation, platform_id, wanted)
    pool = gathered.pool
    lineup = Lineup(np.arange(len(pool)), ranking.rank(pool, situation, circumstances)).by_score()
    seen = situation.catalogue.shelf(platform_id).places(situation.history.course_ids)
    kept = lineup.where(~np.isin(pool.places[lineup.rows], seen, kind="sort")) if len(seen) else lineup
    is_again = not len(kept)
    if is_again:
        kept = _known_again(pool, seen)
    head, cards = _head(kept, pool, wanted, situation)
    return Prepared(pool.take(head.rows), Lineup(np.arange(len(head)), head.scores), cards, is_again, gathered.known)


def _head(lineup: Lineup, pool: Pool, wanted: int, situation: Situation) -> tuple[Lineup, list[CourseCard]]:
    """The first `wanted` with their cards, without those that were taken off since the shelf was read."""
    rows, scores = lineup.rows[:wanted], lineup.scores[:wanted]
    course_ids = pool.course_ids[rows].tolist()
    cards = situation.catalogue.cards(course_ids)
    if len(cards) < len(rows):
        still_there = {card.id for card in cards}
        is_listed = np.array([course in still_there for course in course_ids], bool)
        rows, scores = rows[is_listed], scores[is_listed]
    return Lineup(rows, scores), cards


def _known_again(pool: Pool, seen: Int64Array) -> Lineup:
    """For those who know the whole shelf: what they looked at longest ago."""
    rows = np.searchsorted(pool.places, seen)
    return Lineup(rows, np.ones(len(rows)))


def _key(situation: Situation, circumstances: Circumstances, platform_id: int | None, limit: int) -> tuple[object, ...]:
    history = situation.history
    return (
        situation.model.version_id if situation.model else None,
        popular.kept(situation.catalogue, platform_id),
        platform_id,
        limit,
        circumstances if ranking.looks_at_circumstances(situation) else None,
        tuple(history.course_ids),
        tuple(history.weights),
        tuple(history.times),
    )
