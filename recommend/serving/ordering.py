"""The second stage: candidates in the order of what they are worth, by the active ranker."""

import time
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array, Int64Array
from recommend.model_store import StoredRanker
from recommend.ranking.circumstances import Moment, Question, question_of
from recommend.ranking.courses import Courses, Renown, course_features
from recommend.ranking.past import Past, past_features, person_features
from recommend.ranking.ranker import Candidates, Ranker
from recommend.ranking.sources import on_scale_of, source_features
from recommend.ranking.vocabulary import UNKNOWN, teacher_codes
from recommend.serving.answers import Source
from recommend.serving.catalogue import Shelf
from recommend.serving.circumstances import Circumstances
from recommend.serving.facts import Words
from recommend.serving.pool import Pool
from recommend.serving.situation import Situation

HOUR = 3_600
SMALLEST = 1e-9
LEAST_SPREAD = 1e-6


@dataclass(frozen=True, eq=False)
class OrderedShelf:
    """A shelf as a ranker sees it in this hour: courses in its codes, and their features, float32 (n, f)."""

    ranker_id: UUID
    hour: int
    courses: Courses
    features: Float32Array


def by_worth(
    stored: StoredRanker, pool: Pool, situation: Situation, circumstances: Circumstances, platform_id: int | None
) -> Float64Array:
    """How well each candidate suits, float64 (len(pool),), from 0 to 1: by the logarithm of what it is worth.

    platform_id: whose shelf the pool's places are on, None for that of all platforms.
    """
    ranker, hour = stored.ranker, int(time.time()) // HOUR
    shelf = _shelf(stored, situation, platform_id, hour)
    courses = shelf.courses.take(pool.places)
    past = _past(ranker, situation)
    numbers = np.concatenate(
        [shelf.features[pool.places], past_features(past, courses, hour * HOUR), source_features(_said(ranker, pool))],
        axis=1,
    )
    question = _question(ranker, situation, circumstances, person_features(past, hour * HOUR))
    candidates = Candidates(numbers, courses.category, courses.kind, courses.teacher)
    worth = np.log(np.maximum(ranker.worth(ranker.chances(candidates, question)), SMALLEST)).astype(np.float64)
    lowest, highest = worth.min(), worth.max()
    return (worth - lowest) / (highest - lowest) if highest - lowest > LEAST_SPREAD else np.ones(len(worth))


def _said(ranker: Ranker, pool: Pool) -> Float32Array:
    """What the sources say, float32 (sources of the ranker, n), on their scales."""
    rows = []
    for name in ranker.vocabulary.sources:
        own = pool.of_source(Source(name))
        rows.append(on_scale_of(own, own))
    return ranker.known_sources(np.stack(rows)) if rows else np.zeros((0, len(pool)), np.float32)


def _question(ranker: Ranker, situation: Situation, circumstances: Circumstances, person: Float32Array) -> Question:
    words, profile = ranker.vocabulary, situation.profile
    moment = Moment(
        platform=words.of_platform.get(str(circumstances.platform_id), UNKNOWN),
        device=words.of_device.get(str(circumstances.device), UNKNOWN),
        placement=words.of_placement.get(circumstances.placement, UNKNOWN),
        hour=circumstances.hour,
        weekday=circumstances.weekday,
    )
    is_on_same_axes = profile is not None and str(profile.axes) == ranker.words.axes
    vector = np.array(profile.values, np.float32) if profile is not None and is_on_same_axes else None
    return question_of(moment, vector, person)


def _past(ranker: Ranker, situation: Situation) -> Past:
    """The history as far as the ranker knows its courses."""
    history, known = situation.history, ranker.background.known
    rows = known.rows_of(np.array(history.course_ids, dtype=np.int64))
    here = rows >= 0
    weights, times = np.array(history.weights, np.float32), np.array(history.times, np.float64)
    return Past(known.take(rows[here]), weights[here], times[here])


def _shelf(stored: StoredRanker, situation: Situation, platform_id: int | None, hour: int) -> OrderedShelf:
    kept = situation.catalogue.ordered
    found = kept.get(platform_id)
    if found is None or found.ranker_id != stored.version_id or found.hour != hour:
        found = kept[platform_id] = _seen(stored, situation.catalogue.shelf(platform_id), hour)
    return found


def _seen(stored: StoredRanker, shelf: Shelf, hour: int) -> OrderedShelf:
    ranker, facts = stored.ranker, shelf.facts
    words, background = ranker.vocabulary, ranker.background
    rows = background.known.rows_of(shelf.course_ids)
    platforms, number = np.unique(facts.platforms, return_inverse=True)
    platform_codes = np.array([words.of_platform.get(str(pk), UNKNOWN) for pk in platforms.tolist()], np.int32)
    courses = Courses(
        ids=shelf.course_ids,
        category=_coded(facts.categories, words.of_category),
        kind=_coded(facts.kinds, words.of_kind),
        teacher=teacher_codes(facts.teachers.names)[facts.teachers.codes] if len(shelf.course_ids) else _nothing(),
        platform=platform_codes[number] if len(platforms) else _nothing(),
        price=facts.prices.astype(np.float32),
        published=facts.published,
        length=_of_known(background.known.length, rows),
    )
    renown = Renown(*(_of_known(column, rows, 0) for column in vars(background.renown).values()))
    return OrderedShelf(stored.version_id, hour, courses, course_features(courses, renown, hour * HOUR))


def _coded(words: Words, codes: dict[str, int]) -> np.ndarray:
    return np.array([codes.get(name, UNKNOWN) for name in words.names], np.int32)[words.codes]


def _of_known(column: Float32Array, rows: Int64Array, otherwise: float | None = None) -> Float32Array:
    """The column's values in these rows; for courses that the ranker does not know (-1) this one, or the usual."""
    if otherwise is None:
        otherwise = float(np.median(column)) if len(column) else 0.0
    found = np.full(len(rows), otherwise, np.float32)
    found[rows >= 0] = column[rows[rows >= 0]]
    return found


def _nothing() -> np.ndarray:
    return np.zeros(0, np.int32)
