"""A question for courses, with all that its answer depends on."""

from dataclasses import dataclass

from accounts.models import Platform
from profiles import audience
from recommend.placements.rules import PlacementRules, Stage
from recommend.serving.circumstances import Circumstances
from recommend.serving.compiling import Compiled, compiled
from recommend.serving.fellows import Fellows, fellows_of
from recommend.serving.newcomers import Alike, alike_of
from recommend.serving.situation import Situation

NO_SEGMENTS: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked for, by whom, where and when.

    platform_id: whose courses may be shown (None: those of all). segments: the keys of those that the person belongs
    to now, as far as the rules ask for them. alike: what others like of whom the same is said, for newcomers.
    fellows: what the members of the person's segments like, for people with hardly any history.
    """

    situation: Situation
    circumstances: Circumstances
    platform_id: int | None
    compiled: Compiled
    segments: frozenset[str]
    limit: int
    alike: Alike | None = None
    fellows: Fellows | None = None


def question_of(platform: Platform, situation: Situation, circumstances: Circumstances, limit: int) -> Question:
    """The question, under the rules that hold for the placement."""
    rules = situation.placements.rules(platform.pk, circumstances.placement)
    return question_under(rules, platform, situation, circumstances, limit)


def question_under(
    rules: PlacementRules, platform: Platform, situation: Situation, circumstances: Circumstances, limit: int
) -> Question:
    """The question, under these rules.

    Segments are asked of PostgreSQL, and only where rules keep courses for members: so a consent that was withdrawn
    counts at once, and nobody else pays for it.
    """
    platform_id = None if platform.is_house else platform.pk
    found = compiled(rules, situation.catalogue, platform_id)
    segments = NO_SEGMENTS
    if found.members and situation.sharing.is_personal and situation.sharing.account_id is not None:
        segments = audience.keys_of(situation.sharing.account_id, [key for key, _courses in found.members])
    fellows = fellows_of(situation, platform_id)
    alike = alike_of(situation, platform_id, fellows if rules.has(Stage.SEGMENT) else None)
    return Question(situation, circumstances, platform_id, found, segments, limit, alike, fellows)
