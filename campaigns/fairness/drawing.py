"""One draw: from seed and nonce to a prize, and from a record to its hash."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.fairness.odds import Table

BITS = 128
NONCE = re.compile(r"[A-Za-z0-9_-]{0,64}")


@dataclass(frozen=True)
class Record:
    """What is kept, and published, of one draw.

    number: its place in the campaign, from 1. turn: its place among the entrant's draws, from 1. day: in the
    campaign's time zone, as 2026-11-25. prize: the key of what was won, 0 for nothing.
    """

    number: int
    entrant: str
    turn: int
    nonce: str
    day: str
    table: Sequence[tuple[int, int]]
    prize: int
    previous: str

    @property
    def hash(self) -> str:
        """SHA-256 of all of it, in hexadecimal."""
        table = ",".join(f"{key}:{weight}" for key, weight in self.table)
        parts = (self.number, self.entrant, self.turn, self.nonce, self.day, table, self.prize, self.previous)
        return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def number_of(seed: str, campaign: str, entrant: str, turn: int, nonce: str) -> int:
    """A number below 2^128 that is always the same for the same seed (hexadecimal), entrant, turn and nonce."""
    message = f"{campaign}|{entrant}|{turn}|{nonce}".encode()
    return int.from_bytes(hmac.digest(bytes.fromhex(seed), message, "sha256")[: BITS // 8])


def pick(table: Table, number: int) -> int:
    """The key that a number below 2^128 stands for: each as likely as its weight, to within 2^-96 for usual tables.

    Raises ValueError where nothing has any weight.
    """
    total = sum(weight for _key, weight in table)
    if total < 1:
        raise ValueError("Nothing in this table has any weight.")
    place = number * total >> BITS
    for key, weight in table:
        if place < weight:
            return key
        place -= weight
    raise AssertionError("A number below 2^128 always has its place.")
