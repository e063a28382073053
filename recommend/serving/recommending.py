"""Recommending: rank what the platform has, leave out what the person knows, and say why."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import get_language

from accounts.models import Platform
from recommend.serving import candidates, popular, reasons
from recommend.serving.answers import Answer, ModelName, RecommendedCourse, Source
from recommend.serving.candidates import KnownHistory, known_history
from recommend.serving.catalogue import Shelf
from recommend.serving.record import note
from recommend.serving.situation import Situation, look

DEFAULT_LIMIT = 10
MOST_ITEMS = 50
MOST_LISTS = 20_000
SPARE = 5
"""So many more are ranked than asked for: some may have been taken off the catalogue a moment ago."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Courses best first, where each comes from, and the history that the model ranked by (None without a model).

    Lists that are not `is_by_model_alone` change with time, as what is popular does.
    """

    sources: dict[int, Source]
    known: KnownHistory | None
    is_by_model_alone: bool


def recommend(
    platform: Platform,
    external_id: str | None,
    placement: str,
    limit: int = DEFAULT_LIMIT,
    ahead: Mapping[str, bytes | None] | None = None,
) -> Answer:
    """The next courses for this user of the platform (None: an anonymous visitor), best first, `limit` at most.

    A platform is given its own courses; CrossMarket's own pages show those of all. `ahead` may hold what
    `situation.keys_ahead` asks for.
    """
    situation = look(platform, external_id, ahead)
    items = _items(situation, None if platform.is_house else platform.pk, limit)
    model = ModelName(situation.model.name, situation.model.number) if situation.model else None
    answer = Answer(uuid.uuid4(), placement, model, items)
    note(answer, platform, situation)
    return answer


def _items(situation: Situation, platform_id: int | None, limit: int) -> list[RecommendedCourse]:
    """The list; one that the model alone has made is remembered until model, catalogue, history or language change."""
    history = situation.history
    key = (
        situation.model.version_id if situation.model else None,
        platform_id,
        limit,
        get_language(),
        tuple(history.course_ids),
        tuple(history.weights),
        tuple(history.times),
    )
    lists = situation.catalogue.lists
    found = lists.get(key)
    if found is None:
        ranked = _rank(situation, platform_id, limit + SPARE)
        found = _in_words(ranked, situation, platform_id, limit)
        if ranked.is_by_model_alone:
            if len(lists) >= MOST_LISTS:
                lists.clear()
            lists[key] = found
    return found


def _in_words(ranked: Ranked, situation: Situation, platform_id: int | None, limit: int) -> list[RecommendedCourse]:
    cards = situation.catalogue.cards(ranked.sources)[:limit]
    words = reasons.of(cards, ranked.sources, situation, ranked.known, platform_id)
    return [RecommendedCourse(card, reason, ranked.sources[card.id]) for card, reason in zip(cards, words, strict=True)]


def _rank(situation: Situation, platform_id: int | None, wanted: int) -> Ranked:
    shelf = situation.catalogue.shelf(platform_id)
    sources, known = _by_model(situation, platform_id, wanted)
    if len(sources) >= wanted:
        return Ranked(sources, known, is_by_model_alone=True)
    _fill_up(sources, situation, shelf, popular.courses(platform_id), wanted)
    return Ranked(sources or _known_again(situation, shelf, wanted), known, is_by_model_alone=False)


def _by_model(
    situation: Situation, platform_id: int | None, wanted: int
) -> tuple[dict[int, Source], KnownHistory | None]:
    """The courses that the active model likes best, without those of the history; none where there is no model."""
    model, history = situation.model, situation.history
    if model is None:
        return {}, None
    seen = set(history.course_ids)
    known = known_history(model, history.course_ids, history.weights, history.times)
    scores = model.model.scores(known.histories)[0]
    best = candidates.of(model, situation.catalogue, platform_id).best(scores, wanted + len(seen))
    source = Source.MODEL if known.course_ids and model.model.is_personal else Source.POPULAR
    return dict.fromkeys([course for course in best if course not in seen][:wanted], source), known


def _fill_up(
    sources: dict[int, Source], situation: Situation, shelf: Shelf, popular_courses: list[int], wanted: int
) -> None:
    """Add courses where the model knows too little, as with new platforms and courses.

    First of the categories that the person's history is about, then what is popular, what is new, and anything.
    """
    seen = set(situation.history.course_ids)
    history = situation.catalogue.cards(situation.history.course_ids)
    categories = [category for category, _count in Counter(card.category for card in history).most_common()]
    for source, courses in (
        (Source.SAME_CATEGORY, chain.from_iterable(shelf.of_category.get(category, ()) for category in categories)),
        (Source.POPULAR, shelf.holding(popular_courses)),
        (Source.NEW, shelf.newest),
        (Source.NEW, shelf.course_ids.tolist()),
    ):
        for course in courses:
            if len(sources) >= wanted:
                return
            if course not in seen:
                sources.setdefault(course, source)


def _known_again(situation: Situation, shelf: Shelf, wanted: int) -> dict[int, Source]:
    """For those who know the whole shelf: what they looked at longest ago."""
    return dict.fromkeys(shelf.holding(situation.history.course_ids)[:wanted], Source.POPULAR)
