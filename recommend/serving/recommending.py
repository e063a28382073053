"""Recommending: prepare a list of what the platform has, let some of it be explored, and say why."""

import uuid
from collections.abc import Mapping

from accounts.models import Platform
from recommend.serving import reasons
from recommend.serving.answers import Answer, ModelName, RecommendedCourse
from recommend.serving.circumstances import Circumstances, Device, circumstances_of
from recommend.serving.exploring import Chosen, explore
from recommend.serving.preparing import Prepared, prepared
from recommend.serving.record import note
from recommend.serving.situation import Situation, look

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
    platform_id = None if platform.is_house else platform.pk
    made = prepared(situation, circumstances, platform_id, limit)
    chosen = explore(made.pool, made.lineup, limit, circumstances)
    items = in_words(made, chosen, situation, circumstances, platform_id)
    model = ModelName(situation.model.name, situation.model.number) if situation.model else None
    answer = Answer(uuid.uuid4(), placement, model, items, chosen.propensities.tolist())
    note(answer, platform, situation, circumstances)
    return answer


def in_words(
    made: Prepared, chosen: Chosen, situation: Situation, circumstances: Circumstances, platform_id: int | None
) -> list[RecommendedCourse]:
    """The chosen courses with their reasons, in the active language; what was said before is remembered."""
    told = made.told.setdefault(circumstances.language, {})
    positions = chosen.positions.tolist()
    missing = [position for position in positions if position not in told]
    if missing:
        cards = [made.cards[position] for position in missing]
        sources = {made.cards[position].id: made.source_of(position) for position in missing}
        words = reasons.of(cards, sources, situation, made.known, platform_id)
        for position, card, reason in zip(missing, cards, words, strict=True):
            told[position] = RecommendedCourse(card, reason, sources[card.id])
    return [told[position] for position in positions]
