"""Reading request bodies: content type, compression, size, JSON, and types, each refused with words that help."""

import re
import zlib
from typing import TypeVar

import msgspec
from django.http import HttpRequest, UnreadablePostError

from crossmarket.foundation.problems import FieldError, Problem

MEBIBYTE = 1024 * 1024
CHUNK = 64 * 1024
NULL_CHARACTER = "A text has the character U+0000, which cannot be stored."

Type = TypeVar("Type")


def read_json(request: HttpRequest, expected: type[Type], limit: int = MEBIBYTE) -> Type:
    """The body as a value of the expected type; at most `limit` bytes once decoded.

    Raises `Problem`: 400 for what is no JSON, 413 when too large, 415 for other content, 422 for wrong fields.
    """
    return decode(read_bytes(request, limit), expected)


def read_bytes(request: HttpRequest, limit: int) -> bytes:
    """The body, decompressed when it was sent as gzip. Raises `Problem`."""
    content_type = request.headers.get("Content-Type", "application/json").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise Problem(415, "unsupported_media_type", f"Send application/json, not {content_type or 'an empty type'}.")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip"):
        raise Problem(415, "unsupported_encoding", f"Bodies may be plain or gzip, not {encoding}.")
    return _gunzip(request, limit) if encoding == "gzip" else _plain(request, limit)


def decode(body: bytes | msgspec.Raw, expected: type[Type]) -> Type:
    """JSON as a value of the expected type. Raises `Problem`: 400 for no JSON, 422 naming the field."""
    try:
        value = msgspec.json.decode(body, type=expected)
    except msgspec.ValidationError as error:
        field = field_error(error)
        raise Problem(422, "invalid_field", f"{field.pointer or 'The body'}: {field.detail}", [field]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "malformed_json", f"The body is no valid JSON: {error}.") from None
    if has_null_character(bytes(body)):
        raise Problem(422, "invalid_character", NULL_CHARACTER)
    return value


def has_null_character(body: bytes) -> bool:
    """Whether a text in this JSON has the character U+0000, which PostgreSQL cannot store."""
    return b"u0000" in body and bool(re.search(rb"(?<!\\)(?:\\\\)*\\u0000", body))


def field_error(error: msgspec.ValidationError) -> FieldError:
    """Where and what, from msgspec's message such as "Expected `int`, got `str` - at `$.batch[0].value`"."""
    message, _, path = str(error).partition(" - at `")
    pointer = re.sub(r"\[(\d+|\.\.\.)\]|\.", lambda found: "/" + (found[1] or ""), path.rstrip("`").removeprefix("$"))
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
    decompressor = zlib.decompressobj(wbits=31)
    body = bytearray()
    try:
        while not decompressor.eof:
            chunk = decompressor.unconsumed_tail or _read(request, CHUNK)
            if not chunk:
                raise Problem(400, "malformed_gzip", "The body ends before its gzip stream does.")
            body += decompressor.decompress(chunk, limit + 1 - len(body))
            if len(body) > limit:
                raise _too_large(limit)
    except zlib.error as error:
        raise Problem(400, "malformed_gzip", f"The body is no valid gzip: {error}.") from None
    return bytes(body)


def _read(request: HttpRequest, size: int) -> bytes:
    try:
        return request.read(size)
    except UnreadablePostError:
        raise Problem(400, "unreadable_body", "The connection ended before the body did.") from None


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"A body may have {limit} bytes once decoded; send it in smaller parts.")
