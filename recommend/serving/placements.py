"""The rules of all placements in this process's memory, renewed when one of them is changed."""

from dataclasses import dataclass, field

import msgspec
import structlog

from accounts.models import Platform
from recommend.models import Placement
from recommend.placements.reading import RulesError, read_rules
from recommend.placements.rules import MembersOnly, PlacementRules, Stage

logger = structlog.get_logger(__name__)

EVERY_KEY = "*"
"""The key of a placement that speaks for all keys that nobody has described."""
DEFAULT = PlacementRules()
MOST_HELD = 10_000


@dataclass(eq=False)
class Placements:
    """Rules by platform (None: all platforms) and key, as they are kept; and as they hold, made when asked for."""

    generation: bytes
    described: dict[tuple[int | None, str], PlacementRules]
    kept_at_home: list[MembersOnly] = field(default_factory=list)
    holding: dict[tuple[int, str], PlacementRules] = field(default_factory=dict)

    def rules(self, platform_id: int, key: str) -> PlacementRules:
        """The rules that hold for a slot: those of the platform's own description, else those for all platforms.

        Else those of the key `*`, in the same order. What a `*` keeps for members of a segment is kept for them
        everywhere, also where all platforms' courses are shown. The same object as long as nothing has changed.
        """
        held = self.holding.get((platform_id, key))
        if held is None:
            if len(self.holding) > MOST_HELD:
                self.holding.clear()
            held = self.holding[platform_id, key] = self._found(platform_id, key)
        return held

    def _found(self, platform_id: int, key: str) -> PlacementRules:
        places = [(platform_id, key), (None, key), (platform_id, EVERY_KEY), (None, EVERY_KEY)]
        found = next((self.described[each] for each in places if each in self.described), DEFAULT)
        everywhere = [
            rule
            for place in places[2:]
            if place in self.described
            for rule in self.described[place].members
            if rule not in found.members
        ]
        everywhere += [rule for rule in self.kept_at_home if rule not in found.members]
        if not everywhere:
            return found
        # A slot may do without rules of its own; what is kept for members everywhere is no matter of one slot.
        own = found.members if found.has(Stage.MEMBERS) else []
        off = [stage for stage in found.off if stage is not Stage.MEMBERS]
        return msgspec.structs.replace(found, members=[*own, *everywhere], off=off)


class _Held:
    placements: Placements | None = None


def of_generation(generation: bytes) -> Placements:
    """The placements as they stand in this generation."""
    held = _Held.placements
    if held is None or held.generation != generation:
        described = _read()
        held = _Held.placements = Placements(generation, described, _kept_at_home(described))
    return held


def _kept_at_home(described: dict[tuple[int | None, str], PlacementRules]) -> list[MembersOnly]:
    """What each platform's `*` keeps for members, of its own courses: so that no other page shows them to anybody."""
    slugs = dict(Platform.objects.values_list("pk", "slug"))
    return [
        msgspec.structs.replace(rule, which=msgspec.structs.replace(rule.which, platforms=[slugs[platform_id]]))
        for (platform_id, key), rules in described.items()
        if key == EVERY_KEY and platform_id is not None
        for rule in rules.members
    ]


def _read() -> dict[tuple[int | None, str], PlacementRules]:
    described: dict[tuple[int | None, str], PlacementRules] = {}
    for placement in Placement.objects.all():
        described[placement.platform_id, placement.key] = _rules_of(placement)
    return described


def _rules_of(placement: Placement) -> PlacementRules:
    """The rules; where they cannot be read (which is logged), at least what they keep for members."""
    try:
        return read_rules(placement.rules)
    except RulesError as error:
        logger.error("placement_unreadable", placement=str(placement), error=str(error))  # noqa: TRY400
    members = placement.rules.get("members") if isinstance(placement.rules, dict) else None
    try:
        return read_rules({"members": members or []})
    except RulesError:
        return DEFAULT
