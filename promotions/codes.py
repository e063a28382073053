"""Codes that people type: without letters that look alike, with a character that tells of slips, and unguessable."""

from __future__ import annotations

import os

import numpy as np

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L."""
LENGTH = 12
"""Characters of a code, its check character among them: one of 31^11 codes, about 2.5e16."""

_WEIGHTS = np.arange(2, LENGTH + 1)
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def normal(code: str) -> str:
    """What somebody typed as it is stored: capitals, without spaces and hyphens."""
    return "".join(code.upper().split()).replace("-", "")


def generate_many(count: int) -> list[str]:
    """So many new codes from the system's source of randomness; equal ones are as good as impossible."""
    values = _random_values(count * (LENGTH - 1)).reshape(count, LENGTH - 1)
    checks = -(values @ _WEIGHTS) % len(ALPHABET)
    letters = np.array(list(ALPHABET))[np.column_stack([values, checks])]
    return ["".join(code) for code in letters]


def _random_values(count: int) -> np.ndarray:
    """Numbers of letters, each equally likely: bytes that would favour some are drawn again."""
    fair = 256 - 256 % len(ALPHABET)
    drawn = np.frombuffer(os.urandom(count + count // 16 + 64), np.uint8)
    values = drawn[drawn < fair][:count].astype(np.int64) % len(ALPHABET)
    return values if len(values) == count else np.concatenate([values, _random_values(count - len(values))])


def is_well_formed(code: str) -> bool:
    """Whether a normal code could be one of these: if not, somebody has mistyped it.

    The last character makes the sum of all, each times the number of its place plus 2 (1 for the last), divisible by
    the size of the alphabet. That is a prime above all these numbers, so one wrong character, or two that changed
    places, are always noticed (Verhoeff, Error Detecting Decimal Codes, 1969, on weighted sums modulo a prime).
    """
    if len(code) != LENGTH or not all(character in _VALUE for character in code):
        return False
    *body, check = (_VALUE[character] for character in code)
    return (int(np.dot(body, _WEIGHTS)) + check) % len(ALPHABET) == 0
