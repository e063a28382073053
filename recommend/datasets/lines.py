"""What one line says in each kind of file. A line that cannot be understood raises `ValueError` with the reason."""

from __future__ import annotations

import math

LARGEST_NUMBER = 2**63 - 1
LOWEST_RATING, HIGHEST_RATING = 1.0, 5.0
LONGEST_QUOTE = 40


def user_and_items(line: bytes) -> tuple[int, list[int]]:
    """`user item item …`: the person and one or more items."""
    user, *items = line.split()
    if not items:
        raise ValueError("expected a user and at least one item")
    return _number(user, "user"), [_number(item, "item") for item in items]


def user_and_item(line: bytes) -> tuple[int, int]:
    """`user item`."""
    user, item = _fields(line, "user item")
    return _number(user, "user"), _number(item, "item")


def user_item_rating(line: bytes) -> tuple[int, int, float]:
    """`user item rating`, the rating 1 to 5."""
    user, item, rating = _fields(line, "user item rating")
    return _number(user, "user"), _number(item, "item"), _rating(rating)


def head_relation_tail(line: bytes) -> tuple[int, int, int]:
    """`head relation tail`, one statement of a knowledge graph."""
    head, relation, tail = _fields(line, "head relation tail")
    return _number(head, "head"), _number(relation, "relation"), _number(tail, "tail")


def _fields(line: bytes, names: str) -> list[bytes]:
    fields = line.split()
    if len(fields) != len(names.split()):
        raise ValueError(f"expected `{names}`, found {len(fields)} {'value' if len(fields) == 1 else 'values'}")
    return fields


def _number(text: bytes, name: str) -> int:
    if not text.isdigit():  # of bytes, isdigit is true for 0-9 alone
        raise ValueError(f"the {name} {_quoted(text)} is not a whole number of 0 or more")
    if len(text) > len(str(LARGEST_NUMBER)) or (number := int(text)) > LARGEST_NUMBER:
        raise ValueError(f"the {name} {_quoted(text)} is larger than {LARGEST_NUMBER}")
    return number


def _rating(text: bytes) -> float:
    try:
        rating = float(text)
    except ValueError:
        rating = math.nan
    if not LOWEST_RATING <= rating <= HIGHEST_RATING:
        raise ValueError(f"the rating {_quoted(text)} is not a number from {LOWEST_RATING:g} to {HIGHEST_RATING:g}")
    return rating


def _quoted(text: bytes) -> str:
    shown = text.decode("utf-8", errors="replace")
    return repr(shown if len(shown) <= LONGEST_QUOTE else shown[:LONGEST_QUOTE] + "…")
