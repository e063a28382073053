"""Recommending: prepare a list of what the platform has, let some of it be explored, and say why."""

import uuid
from collections.abc import Mapping

from accounts.models import Platform
from recommend.placements.rules import Stage
from recommend.serving import reasons
from recommend.serving.answers import Answer, ModelName, RecommendedCourse
from recommend.serving.circumstances import Device, circumstances_of
from recommend.serving.exploring import explore
from recommend.serving.preparing import Prepared, prepared
from recommend.serving.question import Question, question_of
from recommend.serving.record import note
from recommend.serving.situation import look

DEFAULT_LIMIT = 10
MOST_ITEMS = 50


def recommend(
    platform: Platform,
    external_id: str | None,
    placement: str,
    limit: int = DEFAULT_LIMIT,
    ahead: Mapping[str, bytes | None] | None = None,
    device: Device = Device.UNKNOWN,
) -> Answer:
    """The next courses for this user of the platform (None: an anonymous visitor), best first, `limit` at most.

    A platform is given its own courses; CrossMarket's own pages show those of all. `ahead` may hold what
    `situation.keys_ahead` asks for.
    """
    situation = look(platform, external_id, ahead)
    circumstances = circumstances_of(platform, placement, device)
    question = question_of(platform, situation, circumstances, limit)
    made = prepared(question)
    items, propensities = shown(made, question)
    model = ModelName(situation.model.name, situation.model.number) if situation.model else None
    answer = Answer(uuid.uuid4(), placement, model, items, propensities)
    note(answer, platform, situation, circumstances)
    return answer


def shown(made: Prepared, question: Question) -> tuple[list[RecommendedCourse], list[float]]:
    """What is shown of a prepared list, and the chance of each to be at its place."""
    rules = question.compiled.rules
    share = rules.exploration.share if rules.has(Stage.EXPLORATION) else 0.0
    chosen = explore(made, question.limit, question.circumstances, share)
    return in_words(made, chosen.positions.tolist(), question), chosen.propensities.tolist()


def in_words(made: Prepared, positions: list[int], question: Question) -> list[RecommendedCourse]:
    """The courses at these positions with their reasons, in the active language; what was said before is remembered."""
    told = made.told.setdefault(question.circumstances.language, {})
    missing = [position for position in positions if position not in told]
    if missing:
        cards = [made.cards[position] for position in missing]
        sources = {made.cards[position].id: made.source_of(position) for position in missing}
        words = reasons.of(cards, sources, question.situation, made.known, question.platform_id)
        for position, card, reason in zip(missing, cards, words, strict=True):
            told[position] = RecommendedCourse(card, reason, sources[card.id])
    return [told[position] for position in positions]
