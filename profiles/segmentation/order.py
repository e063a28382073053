"""Segments in an order in which each comes after those that its rule asks about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

import structlog
from django.utils.translation import gettext as _

from profiles.models import Segment, SegmentKind
from profiles.segmentation.reading_rules import RuleError, parse
from profiles.segmentation.rule import Condition, asks_profiles, segments_in

logger = structlog.get_logger(__name__)


class CircularRule(Exception):
    """A segment would ask about itself, directly or by others; the message names the way."""


@dataclass(frozen=True)
class Ordered:
    """A segment with its rule read; None for clusters."""

    segment: Segment
    rule: Condition | None


def read(segments: Iterable[Segment]) -> list[Ordered]:
    """Segments with their rules. One whose rule cannot be read is left out, and its members stay as they are."""
    found = []
    for segment in segments:
        try:
            found.append(Ordered(segment, None if segment.kind == SegmentKind.CLUSTER else parse(segment.rule)))
        except RuleError as error:
            logger.error("rule_unreadable", segment=segment.key, error=str(error))  # noqa: TRY400 - the error says all
    return found


def in_order(segments: Iterable[Segment]) -> list[list[Ordered]]:
    """Layers of segments; those of a layer ask only about segments of earlier ones.

    Circles are refused when a rule is saved; should there be one all the same, its segments make up the last layer.
    """
    remaining = {each.segment.key: each for each in read(segments)}
    layers: list[list[Ordered]] = []
    while remaining:
        layer = [each for each in remaining.values() if not _asks(each) & (remaining.keys() - {each.segment.key})]
        layer = layer or list(remaining.values())
        for each in layer:
            del remaining[each.segment.key]
        layers.append(layer)
    return layers


def asking_profiles(segments: Iterable[Segment]) -> set[int]:
    """The ids of the segments whose rules ask about profiles, directly or by others that they ask about."""
    keys: set[str] = set()
    found: set[int] = set()
    for each in chain.from_iterable(in_order(segments)):
        if each.rule is not None and (asks_profiles(each.rule) or _asks(each) & keys):
            keys.add(each.segment.key)
            found.add(each.segment.pk)
    return found


def dependents(segment: Segment, among: Iterable[Segment]) -> set[int]:
    """The ids of the segments whose rules ask about a segment, directly or by others."""
    every = read(among)
    found: dict[str, int] = {}
    keys = {segment.key}
    while keys:
        asking = {each.segment.key: each.segment.pk for each in every if _asks(each) & keys}
        keys = asking.keys() - found.keys()
        found |= asking
    return set(found.values()) - {segment.pk}


def check_no_circle(key: str, rule: Condition, others: Mapping[str, Condition]) -> None:
    """Raise `CircularRule` if a segment with this key and rule would ask about itself; `others` are all other rules."""
    rules = {**others, key: rule}
    came_from: dict[str, str] = {}
    asking = [key]
    while asking:
        current = asking.pop()
        for asked in sorted(segments_in(rules[current])) if current in rules else ():
            if asked == key:
                way = " → ".join([*_way_to(current, came_from, key), key])
                raise CircularRule(_("This segment would ask about itself: %(way)s.") % {"way": way})
            if asked not in came_from:
                came_from[asked] = current
                asking.append(asked)


def _way_to(end: str, came_from: Mapping[str, str], start: str) -> list[str]:
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def _asks(each: Ordered) -> set[str]:
    return segments_in(each.rule) if each.rule is not None else set()
