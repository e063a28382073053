"""Recommending: prepare a list of what the platform has, let some of it be explored, and say why."""

import uuid
from collections.abc import Mapping

from accounts.models import Platform
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
    chosen = explore(made, question, (platform.pk, external_id))
    items = in_words(made, chosen.positions.tolist(), question)
    model = ModelName(situation.model.name, situation.model.number) if situation.model else None
    answer = Answer(uuid.uuid4(), placement, model, items, chosen.propensities.tolist())
    note(answer, platform, situation, circumstances, chosen.noted)
    return answer


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
