"""Recommending: rank what the platform has, leave out what the person knows, and say why."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from accounts.models import Platform
from profiles.live_history import History
from recommend.algorithms.interactions import Histories, Int64Array
from recommend.model_store import StoredModel
from recommend.serving import popular, reasons
from recommend.serving.answers import Answer, ModelName, RecommendedCourse, Source
from recommend.serving.record import note
from recommend.serving.situation import Situation, look

DEFAULT_LIMIT = 10
MOST_ITEMS = 50


@dataclass(frozen=True)
class Ranked:
    """Courses best first with the source of each, and the history in the model's columns they were ranked by."""

    course_ids: list[int]
    sources: list[Source]
    known: "KnownHistory | None" = None


@dataclass(frozen=True)
class KnownHistory:
    """The part of a history that the model knows: its courses, and the same as the model's columns."""

    course_ids: Int64Array
    histories: Histories


def recommend(platform: Platform, external_id: str | None, placement: str, limit: int = DEFAULT_LIMIT) -> Answer:
    """The next courses for this user of the platform (None: an anonymous visitor), best first, `limit` at most.

    A platform is given its own courses; CrossMarket's own pages show those of all.
    """
    situation = look(platform, external_id)
    shelf_of = None if platform.is_house else platform.pk
    ranked = _rank(situation, shelf_of, limit)
    source_of = dict(zip(ranked.course_ids, ranked.sources, strict=True))
    cards = situation.catalogue.cards(ranked.course_ids)[:limit]
    words = reasons.of(cards, source_of, situation, ranked.known, shelf_of)
    items = [RecommendedCourse(card, reason, source_of[card.id]) for card, reason in zip(cards, words, strict=True)]
    model = ModelName(situation.model.name, situation.model.number) if situation.model else None
    answer = Answer(uuid.uuid4(), placement, model, items)
    note(answer, platform, situation)
    return answer


def _rank(situation: Situation, platform_id: int | None, limit: int) -> Ranked:
    """More than `limit` courses, for some may have been taken off the catalogue a moment ago."""
    wanted = limit + 5
    seen = set(situation.history.course_ids)
    shelf = situation.catalogue.shelf(platform_id)
    known: KnownHistory | None = None
    if situation.model is not None:
        known = known_history(situation.model, situation.history)
        best = _best_of_model(situation.model, known, shelf.course_ids, seen, wanted)
        source = Source.MODEL if len(known.course_ids) else Source.POPULAR
    else:
        best, source = _without(popular.courses(platform_id), seen, wanted), Source.POPULAR
    fresh = _without(shelf.newest, seen | set(best), max(0, wanted - len(best)))
    rest = _without(shelf.course_ids[: 10 * wanted].tolist(), seen | {*best, *fresh}, wanted - len(best) - len(fresh))
    ranked = Ranked([*best, *fresh, *rest], [source] * len(best) + [Source.NEW] * (len(fresh) + len(rest)), known)
    return ranked if ranked.course_ids or not seen else _known_again(situation, shelf.course_ids, wanted)


def _known_again(situation: Situation, listed: Int64Array, wanted: int) -> Ranked:
    """For those who know the whole shelf: what they looked at longest ago."""
    on_shelf = set(listed.tolist())
    courses = [course for course in dict.fromkeys(situation.history.course_ids) if course in on_shelf][:wanted]
    return Ranked(courses, [Source.POPULAR] * len(courses))


def known_history(model: StoredModel, history: History) -> KnownHistory:
    """The courses of a history that the model was trained with."""
    courses = np.array(history.course_ids, dtype=np.int64)
    columns, is_known = model.columns_of(courses)
    weights, times = np.array(history.weights, np.float32), np.array(history.times)
    histories = Histories.single(columns[is_known], weights[is_known], times[is_known])
    return KnownHistory(courses[is_known], histories)


def _best_of_model(
    model: StoredModel, known: KnownHistory, listed: Int64Array, seen: set[int], wanted: int
) -> list[int]:
    """The listed courses with the highest scores, without those seen."""
    columns, is_known = model.columns_of(listed)
    columns = columns[is_known]
    scores = model.model.scores(known.histories)[0][columns]
    count = min(len(scores), wanted + len(seen))
    if not count:
        return []
    best = np.argpartition(scores, -count)[-count:]
    best = best[np.argsort(-scores[best], kind="stable")]
    return _without(model.course_ids[columns[best]].tolist(), seen, wanted)


def _without(course_ids: Iterable[int], seen: set[int], most: int) -> list[int]:
    found = [course for course in course_ids if course not in seen]
    return found[: max(0, most)]

