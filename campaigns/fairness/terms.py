"""The terms of a lottery as they are published before it starts; they do not change while it runs."""

import hashlib

import msgspec

NOTHING = 0
"""The key of no prize."""


class PrizeTerms(msgspec.Struct, frozen=True):
    """A prize: its weight among all, and how often it can be won in all, on a day, and by one entrant.

    points: what it costs the budget in points each time.
    """

    key: int
    name: str
    weight: int
    stock: int | None = None
    a_day: int | None = None
    a_person: int | None = None
    points: int = 0


class Terms(msgspec.Struct, frozen=True):
    """All that decides a draw besides the seed. commitment: SHA-256 of the seed's bytes, in hexadecimal."""

    campaign: str
    commitment: str
    timezone: str
    nothing_weight: int
    prizes: tuple[PrizeTerms, ...]
    guarantee_after: int | None = None
    guaranteed: int = NOTHING
    points_budget: int | None = None

    @property
    def odds(self) -> list[tuple[int, int]]:
        """(key, weight) of nothing and of each prize, as published."""
        return [(NOTHING, self.nothing_weight), *((prize.key, prize.weight) for prize in self.prizes)]


def write(terms: Terms) -> str:
    """The text that is published and hashed."""
    return msgspec.json.format(msgspec.json.encode(terms).decode(), indent=1)


def read(text: str) -> Terms:
    """The terms of a published text. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    return msgspec.json.decode(text, type=Terms)


def commitment(seed: str) -> str:
    """What is shown of a seed (hexadecimal) before it may be known."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def first_hash(text: str) -> str:
    """What stands before the first record: the hash of the published terms."""
    return hashlib.sha256(text.encode()).hexdigest()
