"""Reading request bodies: content type, compression, size, JSON, and types, each refused with words that help."""

import re
import zlib
from dataclasses import dataclass
from itertools import accumulate
from typing import IO, Annotated, TypeVar, cast

import msgspec
from django.http import HttpRequest, UnreadablePostError

from crossmarket.foundation.problems import FieldError, Problem

MEBIBYTE = 1024 * 1024
CHUNK = 64 * 1024
GZIP = 31
"""What zlib calls a gzip stream with the largest window."""
DEEPEST = 32
"""How deep values may be nested: deeper ones could be stored, but not be shown."""
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
ESCAPED_NULL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')
BRACKET = re.compile(rb"[\[\]{}]")

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""An id that a platform gives."""

Type = TypeVar("Type")


@dataclass(frozen=True)
class Unstorable:
    """Why valid JSON cannot be taken: a code for programs and words for people."""

    code: str
    detail: str


NULL_CHARACTER = Unstorable("invalid_character", "A text has the character U+0000, which cannot be stored.")
TOO_DEEP = Unstorable("too_deep", f"Values may be nested {DEEPEST} deep, not deeper.")


def read_json(request: HttpRequest, expected: type[Type], limit: int = MEBIBYTE) -> Type:
    """The body as a value of the expected type; at most `limit` bytes once decoded.

    Raises `Problem`: 400 for what is no JSON, 413 when too large, 415 for other content, 422 for wrong fields.
    """
    body = read_bytes(request, limit)
    value = decode(body, expected)
    if unstorable := why_unstorable(body):
        raise Problem(422, unstorable.code, unstorable.detail)
    return value


def read_bytes(request: HttpRequest, limit: int) -> bytes:
    """The body, decompressed when it was sent as gzip. Raises `Problem`."""
    content_type = request.headers.get("Content-Type", "application/json").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise Problem(415, "unsupported_media_type", f"Send application/json, not {content_type or 'an empty type'}.")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip"):
        raise Problem(415, "unsupported_encoding", f"Bodies may be plain or gzip, not {encoding}.")
    return _gunzip(request, limit) if encoding == "gzip" else _plain(request, limit)


def decode(body: bytes, expected: type[Type]) -> Type:
    """JSON as a value of the expected type. Raises `Problem`: 400 for no JSON, 422 naming the field."""
    try:
        return msgspec.json.decode(body, type=expected)
    except msgspec.ValidationError as error:
        field = field_error(error)
        raise Problem(422, "invalid_field", f"{field.pointer or 'The body'}: {field.detail}", [field]) from None
    except NO_JSON as error:
        raise Problem(400, "malformed_json", f"The body is no valid JSON: {error}.") from None


def why_unstorable(body: bytes) -> Unstorable | None:
    """What in this JSON could not be stored, or not be read again; None when all can."""
    if b"u0000" in body and ESCAPED_NULL.search(body):
        return NULL_CHARACTER
    return TOO_DEEP if _nesting(body) > DEEPEST else None


def _nesting(body: bytes) -> int:
    """How deep the JSON is nested, or any smaller number for what cannot be too deep."""
    if body.count(b"{") + body.count(b"[") <= DEEPEST:
        return 0
    brackets = BRACKET.findall(QUOTED.sub(b"", body))
    return max(accumulate(1 if bracket in (b"{", b"[") else -1 for bracket in brackets))


def field_error(error: msgspec.ValidationError) -> FieldError:
    """Where and what, from msgspec's message such as "Expected `int`, got `str` - at `$.batch[0].value`"."""
    message, _, path = str(error).partition(" - at `")
    known = path.rstrip("`").removeprefix("$").partition("[...]")[0]  # msgspec does not say which key of a free object
    pointer = re.sub(r"\[(\d+)\]|\.", lambda found: "/" + (found[1] or ""), known)
    missing = re.fullmatch(r"Object missing required field `(.+)`", message)
    if missing:
        return FieldError(f"{pointer}/{missing[1]}", "required", "This field is required.")
    return FieldError(pointer, "invalid", message)


def _plain(request: HttpRequest, limit: int) -> bytes:
    body = _read(request, limit + 1)
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _gunzip(request: HttpRequest, limit: int) -> bytes:
    """The body decompressed, however many gzip members it has; no more is decompressed than may be taken."""
    body = bytearray()
    chunk = _read(request, CHUNK)
    try:
        while True:
            decompressor = zlib.decompressobj(wbits=GZIP)
            while not decompressor.eof:
                if not chunk:
                    raise Problem(400, "malformed_gzip", "The body ends before its gzip stream does.")
                body += decompressor.decompress(chunk, limit + 1 - len(body))
                if len(body) > limit:
                    raise _too_large(limit)
                chunk = decompressor.unconsumed_tail or decompressor.unused_data or _read(request, CHUNK)
            if not chunk:
                return bytes(body)
    except zlib.error as error:
        raise Problem(400, "malformed_gzip", f"The body is no valid gzip: {error}.") from None


def _read(request: HttpRequest, size: int) -> bytes:
    try:
        return _stream(request).read(size)
    except (UnreadablePostError, OSError):
        raise Problem(400, "unreadable_body", "The connection ended before the body did.") from None


def _stream(request: HttpRequest) -> IO[bytes]:
    """The body; Django itself reads only bodies of a stated length, and takes chunked ones to be empty."""
    is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if is_chunked and request.META.get("wsgi.input_terminated"):
        return cast("IO[bytes]", request.META["wsgi.input"])
    return cast("IO[bytes]", request)


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"A body may have {limit} bytes once decoded; send it in smaller parts.")
