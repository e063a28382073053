"""Entries in a platform's own shape: mapped into ours, then taken like all others; told and kept as they came."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from django.db import transaction

from accounts.models import Platform
from crossmarket.foundation.batches import (
    LONGEST_ENTRY,
    BatchAnswer,
    Parsed,
    Refusal,
    Rejected,
    message_id_of,
    told,
)
from crossmarket.foundation.bodies import NO_JSON, why_unstorable
from profiles.declared_mappings import NoMapping, declared_mapper
from profiles.ingest.event_entry import EventEntry
from profiles.ingest.events import keep_rejected, parse_events, store_entries
from profiles.ingest.items import parse_items, store_items
from profiles.ingest.mapping import Mapper, Unmappable

UNMAPPABLE = "unmappable"

Entry = TypeVar("Entry")


@transaction.atomic
def ingest_raw_events(platform: Platform, payloads: Sequence[bytes]) -> BatchAnswer:
    """Map a platform's own events and take the good ones; keep the bad ones as they came, with their reasons.

    Raises `NoMapping` when the platform has not declared how to read them.
    """
    mapper = declared_mapper(platform, "event")
    taken = store_entries(platform, parse_mapped(mapper, payloads, parse_events))
    keep_rejected(platform, taken.rejected, mapper)
    return taken.answer()


@transaction.atomic
def ingest_raw_items(platform: Platform, payloads: Sequence[bytes]) -> BatchAnswer:
    """Map a platform's own items and describe the good ones; of one that comes twice the last description counts.

    Raises `NoMapping` when the platform has not declared how to read them.
    """
    parsed = parse_mapped(declared_mapper(platform, "item"), payloads, parse_items)
    described = store_items(platform, parsed.entries)
    return BatchAnswer(described, len(parsed.entries) - described, [told(each) for each in parsed.rejected])


def parse_raw_events(platform: Platform, payloads: Sequence[bytes]) -> Parsed[EventEntry]:
    """A platform's own events, mapped, decoded and checked; without a mapping all of them are bad."""
    try:
        mapper = declared_mapper(platform, "event")
    except NoMapping as error:
        rejected = [Rejected(index, payload, "no_mapping", str(error)) for index, payload in enumerate(payloads)]
        return Parsed(rejected=rejected)
    return parse_mapped(mapper, payloads, parse_events)


def parse_mapped(
    mapper: Mapper, payloads: Sequence[bytes], parse: Callable[[Sequence[bytes]], Parsed[Entry]]
) -> Parsed[Entry]:
    """Map each entry and parse what comes of it; places and bytes are those of the entries as they came."""
    mapped: list[bytes] = []
    places: list[int] = []
    rejected: list[Rejected] = []
    for place, payload in enumerate(payloads):
        try:
            mapped.append(map_entry(mapper, payload))
            places.append(place)
        except Refusal as refusal:
            rejected.append(Rejected(place, payload, refusal.code, refusal.detail))
    parsed = parse(mapped)
    for each in parsed.rejected:
        place = places[each.index]
        message_id = message_id_of(each.payload)
        rejected.append(Rejected(place, payloads[place], each.code, each.detail, message_id))
    indices = [places[index] for index in parsed.indices]
    rejected.sort(key=lambda each: each.index)
    return Parsed(parsed.entries, indices, [payloads[place] for place in indices], rejected)


def map_entry(mapper: Mapper, payload: bytes) -> bytes:
    """One entry in our shape. Raises `Refusal`."""
    if len(payload) > LONGEST_ENTRY:
        raise Refusal("too_large", f"An entry may have {LONGEST_ENTRY} bytes; this one has {len(payload)}.")
    if unstorable := why_unstorable(payload):
        raise Refusal(unstorable.code, unstorable.detail)
    try:
        return msgspec.json.encode(mapper.map(msgspec.json.decode(payload)))
    except Unmappable as error:
        raise Refusal(UNMAPPABLE, str(error)) from None
    except (TypeError, OverflowError) as error:
        raise Refusal(UNMAPPABLE, f"What the mapping gives cannot be written as JSON: {error}.") from None
    except NO_JSON as error:
        raise Refusal("malformed_json", f"This is no valid JSON: {error}.") from None
