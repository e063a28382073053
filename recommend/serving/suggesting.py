"""What would be suggested to somebody, without showing it to them: for those who plan."""

from accounts.models import Platform
from recommend.serving.circumstances import Device, circumstances_of
from recommend.serving.preparing import prepare
from recommend.serving.question import question_of
from recommend.serving.situation import look

PLACEMENT = "home"


def suggested(platform: Platform, external_id: str, limit: int) -> list[int]:
    """The keys of the courses that this user would be shown first; nothing is written down, for nobody sees them."""
    situation = look(platform, external_id)
    circumstances = circumstances_of(platform, PLACEMENT, Device.UNKNOWN)
    made = prepare(question_of(platform, situation, circumstances, limit))
    return [card.id for card in made.cards[:limit]]
