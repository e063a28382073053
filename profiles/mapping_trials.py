"""Trying a mapping on a sample, before any platform relies on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from crossmarket.foundation.batches import Parsed, Refusal
from profiles.ingest.events import parse_events
from profiles.ingest.items import parse_items
from profiles.ingest.mapping import Mapper, MappingError, Subject, mapper_for
from profiles.ingest.raw import map_entry, parse_mapped

PARSERS: dict[Subject, Callable[[Sequence[bytes]], Parsed[Any]]] = {"event": parse_events, "item": parse_items}


@dataclass(frozen=True)
class Trial:
    """What a mapping makes of one entry: our shape, if it comes so far, and why it would be refused, if it would."""

    mapped: dict[str, Any] | None = None
    refusal: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the entry would be taken."""
        return self.mapped is not None and not self.refusal


def try_out(document: str, subject: Subject, sample: str, timezone: str) -> Trial | None:
    """What becomes of a sample under a mapping; None when there is no sample, or the mapping says nothing of such."""
    if not sample.strip():
        return None
    try:
        mapper = mapper_for(document, subject, timezone)
    except MappingError:
        return None
    return trial_of(sample.encode(errors="replace"), subject, mapper)


def trial_of(payload: bytes, subject: Subject, mapper: Mapper) -> Trial:
    """What becomes of one entry under a mapper."""
    parsed: Parsed[Any] = parse_mapped(mapper, [payload], PARSERS[subject])
    refusal = parsed.rejected[0].detail if parsed.rejected else ""
    return Trial(_shown(mapper, payload), refusal)


def _shown(mapper: Mapper, payload: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(map_entry(mapper, payload))
    except Refusal:
        return None
