"""Gathering candidates: of the model, of the last courses, of their categories, of the segments, popular, new."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float32Array, Int64Array
from recommend.model_store import StoredModel
from recommend.placements.rules import Stage
from recommend.serving import candidates, fresh, popular
from recommend.serving.answers import Source
from recommend.serving.candidates import KnownHistory, known_history
from recommend.serving.catalogue import Catalogue, Shelf
from recommend.serving.compiling import Compiled
from recommend.serving.fellows import Fellows
from recommend.serving.newcomers import Alike
from recommend.serving.pool import Brought, Pool, pooled
from recommend.serving.situation import Situation

BY_MODEL = 500
"""So many courses the model brings up."""
LAST_COURSES = 3
LIKE_EACH = 20
"""Of each of so many last courses, so many that go with it."""
CATEGORIES = 3
OF_CATEGORIES = 100
MOST_ALIKE = 20_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """The candidates, and the history that the model scored them by (None without a model)."""

    pool: Pool
    known: KnownHistory | None


def gather(
    situation: Situation,
    compiled: Compiled,
    platform_id: int | None,
    wanted: int,
    alike: Alike | None = None,
    fellows: Fellows | None = None,
) -> Gathered:
    """The candidates for this person among the courses of a platform (None: of all).

    There are some hundreds; at least `wanted` besides those of the person's history, where there are so many.
    alike: for newcomers, what others like of whom the same is said. fellows: for people of whom little is known, what
    the members of their segments like.
    """
    catalogue, history, rules = situation.catalogue, situation.history, compiled.rules
    shelf = catalogue.shelf(platform_id)
    scored = _scored(situation, alike) if situation.model is not None and rules.has(Stage.MODEL) else None
    brought: dict[Source, list[Brought]] = {}
    if scored is not None:
        best = candidates.of(scored.model, catalogue, platform_id).best
        brought[Source.MODEL] = [best(scored.scores, max(BY_MODEL, wanted + len(history.course_ids)))]
        if rules.has(Stage.SIMILAR):
            last = scored.known.course_ids[: -LAST_COURSES - 1 : -1]
            brought[Source.SIMILAR] = [_alike(scored.model, catalogue, platform_id, course) for course in last]
    if history.course_ids and rules.has(Stage.SAME_CATEGORY):
        brought[Source.SAME_CATEGORY] = [_in_order(_of_categories(catalogue, shelf, history.course_ids))]
    if fellows is not None and rules.has(Stage.SEGMENT):
        brought[Source.SEGMENT] = [_in_order(fellows.places)]
    if rules.has(Stage.POPULAR):
        brought[Source.POPULAR] = [_in_order(popular.kept(catalogue, platform_id).places)]
    if rules.has(Stage.NEW):
        brought[Source.NEW] = [_in_order(shelf.newest), _in_order(fresh.kept(catalogue, platform_id).places)]
    if compiled.pins:
        brought[Source.PINNED] = [_in_order(np.array([place for _position, place in compiled.pins], np.int64))]
    pool = _with_enough(brought, shelf, wanted + len(history.course_ids))
    if scored is None:
        return Gathered(pool, None)
    columns_at = candidates.of(scored.model, catalogue, platform_id).columns_at
    is_personal = bool(scored.known.course_ids) and scored.model.model.is_personal
    return Gathered(_scored_by_model(pool, columns_at, scored.scores, is_personal), scored.known)


@dataclass(frozen=True, slots=True)
class _Scored:
    """The model, the history as it knows it, and its scores, float32 (n_items,)."""

    model: StoredModel
    known: KnownHistory
    scores: Float32Array


def _scored(situation: Situation, alike: Alike | None) -> _Scored | None:
    model, history = situation.model, situation.history
    if model is None:
        return None
    known = known_history(model, history.course_ids, history.weights, history.times)
    scores = model.model.scores(known.histories)[0]
    return _Scored(model, known, scores if alike is None else alike.scores(model, scores))


def _with_enough(brought: dict[Source, list[Brought]], shelf: Shelf, wanted: int) -> Pool:
    """What was brought; where that is not enough, any courses that there are besides."""
    pool = pooled(shelf.course_ids, brought, is_personal=False)
    if len(pool) >= min(wanted, len(shelf.course_ids)):
        return pool
    more = [*brought.get(Source.NEW, []), _the_rest(shelf, wanted)]
    return pooled(shelf.course_ids, {**brought, Source.NEW: more}, is_personal=False)


def _scored_by_model(pool: Pool, columns_at: Int64Array, scores: Float32Array, is_personal: bool) -> Pool:
    """The pool with the model's score of every candidate that it knows, whoever has brought it up."""
    columns = columns_at[pool.places]
    own = scores[columns]
    own[(columns < 0) | ~np.isfinite(own)] = np.nan
    pool.of_source(Source.MODEL)[:] = own
    return Pool(pool.places, pool.course_ids, pool.scores, is_personal)


def _in_order(places: Int64Array) -> Brought:
    """Places that are in order, best first, without scores of their own: 1, 1/2, 1/3 …"""
    return places, (1 / np.arange(1, len(places) + 1)).astype(np.float32)


def _of_categories(catalogue: Catalogue, shelf: Shelf, course_ids: list[int]) -> Int64Array:
    """Places of the courses in the categories that a history is mostly about, in this order, the latest first."""
    cards = catalogue.cards(course_ids)
    categories = [name for name, _count in Counter(card.category for card in cards).most_common(CATEGORIES)]
    found = [shelf.of_category[name] for name in categories if name in shelf.of_category]
    return np.concatenate(found)[:OF_CATEGORIES] if found else np.zeros(0, np.int64)


def _the_rest(shelf: Shelf, wanted: int) -> Brought:
    """Any courses of the shelf, `wanted` at most, below all the newest."""
    places = np.arange(min(wanted, len(shelf.course_ids)))
    return places, (1 / (1 + len(shelf.newest) + np.arange(1, len(places) + 1))).astype(np.float32)


def _alike(model: StoredModel, catalogue: Catalogue, platform_id: int | None, course_id: int) -> Brought:
    """What goes with a course that the model knows, kept with the catalogue."""
    key = (model.version_id, platform_id, course_id)
    found = catalogue.alike.get(key)
    if found is None:
        (column,), _is_known = model.columns_of(np.array([course_id]))
        places, scores = candidates.of(model, catalogue, platform_id).best(model.model.similar(int(column)), LIKE_EACH)
        found = places[scores > 0], scores[scores > 0]
        if len(catalogue.alike) >= MOST_ALIKE:
            catalogue.alike.clear()
        catalogue.alike[key] = found
    return found
