"""From two records to odds, and to what speaks for and against in bits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from accounts.matching.comparing import FIELDS, UNKNOWN, compare, values
from accounts.matching.records import Record, hashed
from accounts.matching.weighing import Weights

COUNTED = tuple(field.name for field in FIELDS if field.is_rare_telling)
"""Fields in which agreeing on something rare tells more."""


class Frequencies:
    """How common each value of a field is: 8 bytes for each account and 16 for each value that several have."""

    def __init__(self, met: Mapping[str, Iterable[int]]) -> None:
        """From the values of each field as numbers (`records.hashed`), as often as they were met."""
        self._common: dict[str, dict[int, int]] = {}
        self._totals: dict[str, int] = {}
        for name, numbers in met.items():
            told = np.fromiter(numbers, dtype=np.int64)
            found, counts = np.unique(told, return_counts=True)
            several = counts > 1
            self._common[name] = dict(zip(found[several].tolist(), counts[several].tolist(), strict=True))
            self._totals[name] = len(told)

    def chance(self, name: str, value: str) -> float:
        """How likely somebody else has the value of somebody met, who is not counted; at least one other is."""
        others = self._common.get(name, {}).get(hashed(value), 2) - 1
        return others / max(self._totals.get(name, 0), 2)


def counted_values(of: Record) -> dict[str, list[int]]:
    """What `Frequencies` counts of a record."""
    texts = {"email": [of.email], "phone": [of.phone], "name": [of.name], "city": [of.city], "device": [*of.devices]}
    return {name: [hashed(text) for text in texts[name] if text] for name in COUNTED}


@dataclass(frozen=True)
class Scored:
    """The odds that two accounts are one person, and by field its level and the bits that it is worth."""

    odds: float
    evidence: list[tuple[str, str, float]]


def score(one: Record, other: Record, weights: Weights, frequencies: Frequencies) -> Scored:
    """How likely two accounts are one person, and why."""
    evidence: list[tuple[str, str, float]] = []
    in_common = values(one, other)
    for place, (field, level) in enumerate(zip(FIELDS, compare(one, other), strict=True)):
        if level == UNKNOWN:
            continue
        is_same = level == len(field.levels) - 1
        chance = None
        if field.is_rare_telling and is_same:
            chance = min(frequencies.chance(field.name, value) for value in in_common[field.name])
        evidence.append((field.name, field.levels[level], round(weights.bits(place, level, chance), 2)))
    return Scored(weights.odds(sum(bits for _name, _level, bits in evidence)), evidence)
