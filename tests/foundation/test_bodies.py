"""Request bodies: what is read, and what is refused with which words."""

import gzip
import zlib
from io import BytesIO
from typing import Any

import msgspec
import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from crossmarket.foundation.bodies import DEEPEST, field_error, read_bytes, read_json, why_unstorable
from crossmarket.foundation.problems import Problem

LIMIT = 1000


class Line(msgspec.Struct):
    price: int


class Order(msgspec.Struct):
    name: str = ""
    price: int = 0
    share: float = 0.0
    lines: list[Line] = []
    more: dict[str, Any] = {}


def request(body: bytes, **headers: str) -> WSGIRequest:
    content_type = headers.pop("content_type", "application/json")
    return RequestFactory().generic(
        "POST", "/", body, content_type, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def refused(body: bytes, **headers: str) -> Problem:
    with pytest.raises(Problem) as caught:
        read_json(request(body, **headers), Order, LIMIT)
    return caught.value


def test_json_is_read_whatever_its_content_type_says_beside_the_type() -> None:
    assert (
        read_json(request(b'{"name": "\xe8\xaf\xbe"}', content_type="Application/JSON; charset=utf-8"), Order).name
        == "课"
    )


def test_other_content_is_refused() -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        problem = refused(b"{}", content_type=content_type)
        assert (problem.status, problem.code) == (415, "unsupported_media_type")


def test_other_encodings_are_refused() -> None:
    problem = refused(b"{}", Content_Encoding="br")
    assert (problem.status, problem.code) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}{}",
        b'{"price": 1,}',
        b"\xef\xbb\xbf{}",
        b'{"name": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\\ud800"}',
        b'{"more": {"\\udc00": 1}}',
        b'{"name": "\x00"}',
        b'{"price": 01}',
        b'{"share": NaN}',
        b'{"more": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    ],
)
def test_what_is_no_json_is_a_400(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_json(request(body), Order)
    assert (caught.value.status, caught.value.code) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"[]", ""),
        (b"null", ""),
        (b'{"price": "1"}', "/price"),
        (b'{"price": 1.5}', "/price"),
        (b'{"price": %s}' % (b"9" * 10_000), "/price"),
        (b'{"share": %s}' % (b"9" * 10_000), "/share"),
        (b'{"share": 1e999}', "/share"),
        (b'{"more": {"n": %s}}' % (b"9" * 10_000), "/more"),
        (b'{"lines": [{"price": 1}, {"price": null}]}', "/lines/1/price"),
    ],
)
def test_a_wrong_field_is_named_by_its_pointer(body: bytes, pointer: str) -> None:
    with pytest.raises(Problem) as caught:
        read_json(request(body), Order)
    assert (caught.value.status, caught.value.code) == (422, "invalid_field")
    assert [error.pointer for error in caught.value.errors] == [pointer]


def test_a_missing_field_is_required_at_its_own_place() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"lines": [{}]}', type=Order)
    error = field_error(caught.value)
    assert (error.pointer, error.code) == ("/lines/0/price", "required")


class TestWhatCannotBeStored:
    def test_the_null_character_is_refused_wherever_it_stands(self) -> None:
        for body in (b'{"name": "a\\u0000"}', b'{"more": {"a\\u0000": 1}}', b'{"name": "\\\\\\u0000"}'):
            problem = refused(body)
            assert (problem.status, problem.code) == (422, "invalid_character")

    def test_a_backslash_before_u0000_is_no_null_character(self) -> None:
        assert read_json(request(b'{"name": "\\\\u0000"}'), Order).name == "\\u0000"

    def test_values_are_nested_so_deep_and_no_deeper(self) -> None:
        def nested(depth: int) -> bytes:
            return b'{"more": ' + b'{"a":' * (depth - 1) + b"1" + b"}" * depth

        read_json(request(nested(DEEPEST)), Order)
        assert refused(nested(DEEPEST + 1)).code == "too_deep"

    def test_brackets_in_texts_and_side_by_side_are_not_nested(self) -> None:
        assert why_unstorable(b'{"name": "\\"' + b"[" * 100 + b'"}') is None
        assert why_unstorable(b"[" + b"[]," * 100 + b"[]]") is None


class TestSize:
    def test_a_body_may_have_exactly_the_limit(self) -> None:
        assert len(read_bytes(request(b" " * LIMIT), LIMIT)) == LIMIT

    def test_one_byte_more_is_too_large(self) -> None:
        problem = refused(b" " * (LIMIT + 1))
        assert (problem.status, problem.code) == (413, "too_large")

    def test_the_limit_is_of_what_was_decompressed(self) -> None:
        assert len(read_bytes(request(gzip.compress(b" " * LIMIT), Content_Encoding="gzip"), LIMIT)) == LIMIT
        assert refused(gzip.compress(b" " * (LIMIT + 1)), Content_Encoding="gzip").status == 413

    def test_a_bomb_is_not_unpacked(self) -> None:
        bomb = gzip.compress(b" " * 50_000_000)
        assert len(bomb) < 100_000
        assert refused(bomb, Content_Encoding="gzip").status == 413


class TestGzip:
    def test_a_compressed_body_is_read(self) -> None:
        assert read_json(request(gzip.compress(b'{"price": 7}'), Content_Encoding="GZIP"), Order).price == 7

    def test_members_in_a_row_are_one_body(self) -> None:
        members = gzip.compress(b'{"price"') + gzip.compress(b"") + gzip.compress(b": 7}")
        assert read_json(request(members, Content_Encoding="gzip"), Order).price == 7

    def test_the_limit_counts_all_members(self) -> None:
        assert refused(gzip.compress(b" " * 600) * 2, Content_Encoding="gzip").status == 413

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", gzip.compress(b"{}")[:-4], zlib.compress(b"{}"), gzip.compress(b"{}") + b"rubbish"],
        ids=["empty", "plain", "cut short", "zlib", "followed by rubbish"],
    )
    def test_what_is_no_gzip_is_a_400(self, body: bytes) -> None:
        problem = refused(body, Content_Encoding="gzip")
        assert (problem.status, problem.code) == (400, "malformed_gzip")


def test_a_body_in_chunks_is_read_where_the_server_says_where_it_ends() -> None:
    sent = request(b"", Transfer_Encoding="chunked")
    sent.META |= {"wsgi.input_terminated": True, "wsgi.input": BytesIO(b'{"price": 7}')}
    assert read_json(sent, Order).price == 7
