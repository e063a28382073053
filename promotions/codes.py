"""Codes that people type: without letters that look alike, with a character that tells of slips, and unguessable."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L."""
LENGTH = 12
"""Characters of a code, its check character among them: one of 31^11 codes, about 2.5e16."""

_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def normal(code: str) -> str:
    """What somebody typed as it is stored: capitals, without spaces and hyphens."""
    return "".join(code.upper().split()).replace("-", "")


def generate() -> str:
    """A new code."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The character after which `is_well_formed` holds.

    Each position is weighted by another number below the prime size of the alphabet, so that one wrong character, and
    two that changed places, are always noticed (Verhoeff, Error Detecting Decimal Codes, 1969, for prime moduli).
    """
    total = sum(weight * _VALUE[character] for weight, character in enumerate(body, 2))
    return ALPHABET[-total % len(ALPHABET)]


def is_well_formed(code: str) -> bool:
    """Whether a normal code could have come from `generate`."""
    known = len(code) == LENGTH and all(character in _VALUE for character in code)
    return known and check_character(code[:-1]) == code[-1]
