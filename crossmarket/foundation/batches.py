"""Batches of the API: the good entries are kept although others are bad, and each bad one is told what is wrong."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec
from django.http import HttpRequest

from crossmarket.foundation.bodies import MEBIBYTE, NO_JSON, decode, field_error, read_bytes, why_unstorable
from crossmarket.foundation.problems import FieldError, Problem

MOST_ENTRIES = 2_000
LONGEST_ENTRY = 32 * 1024
HALF_OF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")

Entry = TypeVar("Entry")


class Envelope(msgspec.Struct, frozen=True):
    """The body of a batch call; entries are decoded one by one, so that one bad entry spoils no other."""

    batch: list[msgspec.Raw]


class Refusal(Exception):
    """An entry that cannot be taken: a code for programs and words for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Rejected:
    """An entry that was not taken: its place in the batch, its bytes as they came, and why.

    `message_id` is given where the bytes do not say it.
    """

    index: int
    payload: bytes
    code: str
    detail: str
    message_id: str | None = None


@dataclass
class Parsed(Generic[Entry]):
    """A batch once read: the good entries with their places, and the others."""

    entries: list[Entry] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


class RejectedEntry(msgspec.Struct, frozen=True):
    """An entry that was not taken, as its sender is told; `message_id` is null where none can be read."""

    index: int
    message_id: str | None
    code: str
    detail: str


class BatchAnswer(msgspec.Struct, frozen=True):
    """What became of a batch."""

    accepted: int
    duplicates: int
    rejected: list[RejectedEntry]


def told(rejected: Rejected) -> RejectedEntry:
    """A rejected entry as its sender is told."""
    message_id = rejected.message_id or message_id_of(rejected.payload)
    return RejectedEntry(rejected.index, message_id, rejected.code, rejected.detail)


def read_envelope(request: HttpRequest) -> list[bytes]:
    """The entries of a batch call, undecoded. Raises `Problem` when it is none or too large."""
    entries = _split(read_bytes(request, limit=MEBIBYTE))
    if len(entries) > MOST_ENTRIES:
        detail = f"A batch may have {MOST_ENTRIES} entries; this one has {len(entries)}."
        raise Problem(413, "too_many_entries", detail, [FieldError("/batch", "too_many_entries", detail)])
    return entries


def _split(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in decode(body, Envelope).batch]
    except Problem:
        if HALF_OF_A_PAIR.search(body) and (entries := _split_despite_halves(body)) is not None:
            return entries
        raise


def _split_despite_halves(body: bytes) -> list[bytes] | None:
    """The entries of a body with halves of surrogate pairs, which programs leave that cut a text in two.

    msgspec takes no such body, while only the entries with a half are bad. None for what is no batch at all.
    """
    try:
        entries = json.loads(body)["batch"]
        dumped = [json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return [each.encode(errors="surrogatepass") for each in dumped] if isinstance(entries, list) else None


def parse(payloads: Sequence[bytes], entry_type: type[Entry], check: Callable[[Entry], None]) -> Parsed[Entry]:
    """Decode each entry and run `check`, which raises `Refusal` for what the type alone cannot say."""
    decoder = msgspec.json.Decoder(entry_type)
    parsed: Parsed[Entry] = Parsed()
    for index, payload in enumerate(payloads):
        try:
            if len(payload) > LONGEST_ENTRY:
                raise Refusal("too_large", f"An entry may have {LONGEST_ENTRY} bytes; this one has {len(payload)}.")
            if unstorable := why_unstorable(payload):
                raise Refusal(unstorable.code, unstorable.detail)
            entry = decoder.decode(payload)
            check(entry)
        except Refusal as refusal:
            parsed.rejected.append(Rejected(index, payload, refusal.code, refusal.detail))
        except msgspec.ValidationError as error:
            wrong = field_error(error)
            detail = f"{wrong.pointer}: {wrong.detail}" if wrong.pointer else wrong.detail
            parsed.rejected.append(Rejected(index, payload, f"{wrong.code}_field", detail))
        except NO_JSON as error:
            parsed.rejected.append(Rejected(index, payload, "malformed_json", f"This is no valid JSON: {error}."))
        else:
            parsed.entries.append(entry)
            parsed.indices.append(index)
            parsed.payloads.append(payload)
    return parsed


class _Named(msgspec.Struct):
    message_id: str | None = None


def message_id_of(payload: bytes) -> str | None:
    """The message id of an entry as it came; None where none can be read."""
    try:
        return msgspec.json.decode(payload, type=_Named).message_id
    except NO_JSON:
        return None
