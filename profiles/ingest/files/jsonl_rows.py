"""Rows of JSON Lines: one object on each line."""

from collections.abc import Iterator

import msgspec

from profiles.ingest.files.rows import FileBroken, Row


def jsonl_rows(lines: Iterator[str]) -> Iterator[Row]:
    """The lines with anything on them. Raises `FileBroken` when already the first is no object."""
    is_first = True
    for number, line in enumerate(lines, start=1):
        payload = line.strip().encode()
        if not payload:
            continue
        fault = _fault(payload)
        if fault and is_first:
            raise FileBroken(f"Line {number} is no object of JSON; in JSON Lines, each line is one. {fault}")
        is_first = False
        yield Row(number, payload, fault)


def _fault(payload: bytes) -> str:
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        return f"This is no valid JSON: {error}."
    return "" if isinstance(found, dict) else "This is no object of JSON."
