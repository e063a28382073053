"""Batches: good entries are kept though others are bad, and each bad one is told what is wrong."""

import json
from typing import Annotated, Any

import msgspec
import pytest
from django.test import RequestFactory

from crossmarket.foundation.batches import LONGEST_ENTRY, MOST_ENTRIES, Refusal, parse, read_envelope, told
from crossmarket.foundation.problems import Problem


class Entry(msgspec.Struct):
    message_id: Annotated[str, msgspec.Meta(min_length=1)]
    value: int = 0
    context: dict[str, Any] = {}


def check(entry: Entry) -> None:
    if entry.value < 0:
        raise Refusal("negative", "value: this is below 0.")


def envelope(body: bytes) -> list[bytes]:
    return read_envelope(RequestFactory().generic("POST", "/", body, "application/json"))


def test_each_entry_stands_for_itself() -> None:
    payloads = [
        b'{"message_id": "a"}',
        b'{"message_id": 5}',
        b'{"message_id": "c", "value": -1}',
        b'{"message_id": "d"}',
    ]
    parsed = parse(payloads, Entry, check)
    assert [entry.message_id for entry in parsed.entries] == ["a", "d"]
    assert parsed.indices == [0, 3]
    assert parsed.payloads == [payloads[0], payloads[3]]
    assert [(each.index, each.code) for each in parsed.rejected] == [(1, "invalid_field"), (2, "negative")]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"5", "invalid_field"),
        (b"null", "invalid_field"),
        (b"{}", "required_field"),
        (b'{"message_id": ""}', "invalid_field"),
        (b'{"message_id": "\\ud800"}', "malformed_json"),
        (b'{"message_id": "\xff"}', "malformed_json"),
        (b'{"message_id": "a\\u0000"}', "invalid_character"),
        (b'{"message_id": "a", "value": "\\u0000"}', "invalid_character"),
        (b'{"message_id": "a", "value": %s}' % (b"9" * 10_000), "invalid_field"),
        (b'{"message_id": "a", "context": {"x": %s}}' % (b"[" * 40 + b"]" * 40), "too_deep"),
        (b'{"message_id": "%s"}' % (b"a" * LONGEST_ENTRY), "too_large"),
    ],
)
def test_each_bad_entry_has_its_code(payload: bytes, code: str) -> None:
    (rejected,) = parse([payload], Entry, check).rejected
    assert rejected.code == code
    assert rejected.detail
    assert rejected.payload == payload


def test_an_entry_may_have_exactly_32_kib() -> None:
    frame = len(b'{"message_id": ""}')
    fits = b'{"message_id": "%s"}' % (b"a" * (LONGEST_ENTRY - frame))
    assert len(fits) == 32 * 1024
    assert parse([fits], Entry, check).entries


def test_the_sender_is_told_the_message_id_where_there_is_one() -> None:
    payloads = [b'{"message_id": "a", "value": []}', b'{"message_id": [], "value": -1}', b"[]", b"{}"]
    rejected = [told(each) for each in parse(payloads, Entry, check).rejected]
    assert [(each.index, each.message_id) for each in rejected] == [(0, "a"), (1, None), (2, None), (3, None)]


def test_one_bad_character_does_not_refuse_the_batch() -> None:
    payloads = envelope(b'{"batch": [{"message_id": "a"}, {"message_id": "b\\u0000"}]}')
    parsed = parse(payloads, Entry, check)
    assert len(parsed.entries) == len(parsed.rejected) == 1


def test_half_of_a_surrogate_pair_does_not_refuse_the_batch() -> None:
    payloads = envelope(
        b'{"batch": [{"message_id": "\xe8\xaf\xbe"}, {"message_id": "b\\ud83e"}, {"message_id": "\\ud83e\\udd8c"}]}'
    )
    parsed = parse(payloads, Entry, check)
    assert [entry.message_id for entry in parsed.entries] == ["课", "🦌"]
    assert [(each.index, each.code) for each in parsed.rejected] == [(1, "malformed_json")]


@pytest.mark.parametrize("body", [b'"\\ud83e"', b'{"batch": "\\ud83e"}', b'{"batch": ["\\ud83e"', b'{"x": "\\ud83e"}'])
def test_with_half_of_a_pair_what_is_no_batch_is_refused(body: bytes) -> None:
    with pytest.raises(Problem):
        envelope(body)


def test_a_batch_may_have_2000_entries_and_no_more() -> None:
    assert len(envelope(json.dumps({"batch": [1] * MOST_ENTRIES}).encode())) == 2_000
    with pytest.raises(Problem) as caught:
        envelope(json.dumps({"batch": [1] * (MOST_ENTRIES + 1)}).encode())
    assert (caught.value.status, caught.value.code) == (413, "too_many_entries")
    assert caught.value.errors[0].pointer == "/batch"


def test_an_empty_batch_is_one() -> None:
    assert envelope(b'{"batch": []}') == []


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"batch": {}}', b'{"batch": null}'])
def test_what_has_no_batch_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        envelope(body)
    assert caught.value.status == 422
