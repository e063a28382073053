"""Recommending: rank what the platform has, leave out what the person knows, and say why."""

import uuid
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

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
    """Courses best first, where each comes from, and the history that the model ranked by (None without a model)."""

    sources: dict[int, Source]
    known: KnownHistory | None = None


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
    """The list, remembered as long as nothing that it is made from changes: model, catalogue, history, language."""
    if situation.model is None:
        return _made(situation, platform_id, limit)
    history = situation.history
    key = (
        situation.model.version_id,
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
        if len(lists) >= MOST_LISTS:
            lists.clear()
        found = lists[key] = _made(situation, platform_id, limit)
    return found


def _made(situation: Situation, platform_id: int | None, limit: int) -> list[RecommendedCourse]:
    ranked = _rank(situation, platform_id, limit + SPARE)
    cards = situation.catalogue.cards(ranked.sources)[:limit]
    words = reasons.of(cards, ranked.sources, situation, ranked.known, platform_id)
    return [RecommendedCourse(card, reason, ranked.sources[card.id]) for card, reason in zip(cards, words, strict=True)]


def _rank(situation: Situation, platform_id: int | None, wanted: int) -> Ranked:
    seen = set(situation.history.course_ids)
    shelf = situation.catalogue.shelf(platform_id)
    model, history = situation.model, situation.history
    if model is None:
        known = None
        liked = shelf.holding(popular.courses(platform_id))
        sources = dict.fromkeys(_without(liked, seen, wanted), Source.POPULAR)
    else:
        known = known_history(model, history.course_ids, history.weights, history.times)
        scores = model.model.scores(known.histories)[0]
        best = candidates.of(model, situation.catalogue, platform_id).best(scores, wanted + len(seen))
        source = Source.MODEL if known.course_ids else Source.POPULAR
        sources = dict.fromkeys(_without(best, seen, wanted), source)
    if len(sources) < wanted:
        _fill_up(sources, shelf, seen, wanted)
    if not sources:
        sources = _known_again(situation, shelf, wanted)
    return Ranked(sources, known)


def _fill_up(sources: dict[int, Source], shelf: Shelf, seen: set[int], wanted: int) -> None:
    """Add what is newest, and then anything, where model or popularity know too little."""
    anything = shelf.course_ids[: wanted + len(seen) + len(sources)].tolist()
    for course in _without([*shelf.newest, *anything], seen | sources.keys(), 2 * wanted):
        if len(sources) < wanted:
            sources[course] = Source.NEW


def _known_again(situation: Situation, shelf: Shelf, wanted: int) -> dict[int, Source]:
    """For those who know the whole shelf: what they looked at longest ago."""
    return dict.fromkeys(shelf.holding(situation.history.course_ids)[:wanted], Source.POPULAR)


def _without(course_ids: Iterable[int], seen: Set[int], most: int) -> list[int]:
    return [course for course in course_ids if course not in seen][:most]
