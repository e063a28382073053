"""Comparing two accounts: one level for each field, from `other` to `same`."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.matching.records import Record

UNKNOWN = -1
"""The level of a field that is not known of both accounts: it speaks neither for nor against."""
ALIKE = 0.9
"""From this Jaro-Winkler similarity on, names are similar."""
SAME_LEARNING, SIMILAR_LEARNING = 0.9, 0.6
"""Cosines of what two accounts learn about."""

Pattern = tuple[int, ...]


@dataclass(frozen=True)
class Field:
    """A thing to compare: its levels from least to most alike, and how often each is met within one person.

    `within` is what is believed before there is data. `is_rare_telling`: agreeing on something rare tells more.
    """

    name: str
    levels: tuple[str, ...]
    within: tuple[float, ...]
    is_rare_telling: bool = False


FIELDS = (
    Field("email", ("other", "same"), (0.2, 0.8), True),
    Field("phone", ("other", "same"), (0.1, 0.9), True),
    Field("name", ("other", "similar", "same"), (0.35, 0.15, 0.5), True),
    Field("city", ("other", "same"), (0.25, 0.75), True),
    Field("birth_year", ("other", "near", "same"), (0.05, 0.05, 0.9)),
    Field("language", ("other", "same"), (0.1, 0.9)),
    Field("device", ("other", "same"), (0.6, 0.4), True),
    Field("learning", ("other", "similar", "same"), (0.4, 0.35, 0.25)),
)


def compare(one: Record, other: Record) -> Pattern:
    """The level of each of `FIELDS`, or `UNKNOWN`."""
    return (
        _equal(one.email, other.email),
        _equal(one.phone, other.phone),
        _names(one.name, other.name),
        _equal(one.city, other.city),
        _years(one.birth_year, other.birth_year),
        _equal(one.language, other.language),
        _devices(one.devices, other.devices),
        _learning(one.learning, other.learning),
    )


def values(one: Record, other: Record) -> dict[str, list[str]]:
    """By field in which agreeing on something rare tells more: what the two have in common, if they agree."""
    return {
        "email": [one.email],
        "phone": [one.phone],
        "name": [one.name],
        "city": [one.city],
        "device": sorted(one.devices & other.devices),
    }


def jaro_winkler(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 1 (Winkler 1990): characters in common nearby, and the same beginning."""
    if one == other:
        return 1.0
    reach = max(max(len(one), len(other)) // 2 - 1, 0)
    taken = [False] * len(other)
    matched: list[str] = []
    for place, letter in enumerate(one):
        for there in range(max(0, place - reach), min(len(other), place + reach + 1)):
            if not taken[there] and other[there] == letter:
                taken[there] = True
                matched.append(letter)
                break
    if not matched:
        return 0.0
    in_other = [letter for letter, is_taken in zip(other, taken, strict=True) if is_taken]
    swapped = sum(a != b for a, b in zip(matched, in_other, strict=True)) / 2
    count = len(matched)
    jaro = (count / len(one) + count / len(other) + (count - swapped) / count) / 3
    beginning = next((n for n, (a, b) in enumerate(zip(one[:4], other[:4], strict=False)) if a != b), 4)
    return jaro + min(beginning, len(one), len(other)) * 0.1 * (1 - jaro)


def _equal(one: str, other: str) -> int:
    return int(one == other) if one and other else UNKNOWN


def _names(one: str, other: str) -> int:
    if not (one and other):
        return UNKNOWN
    return 2 if one == other else int(jaro_winkler(one, other) >= ALIKE)


def _years(one: int, other: int) -> int:
    if not (one and other):
        return UNKNOWN
    return {0: 2, 1: 1}.get(abs(one - other), 0)


def _devices(one: frozenset[str], other: frozenset[str]) -> int:
    return int(bool(one & other)) if one and other else UNKNOWN


def _learning(one: Mapping[str, float] | None, other: Mapping[str, float] | None) -> int:
    if not (one and other):
        return UNKNOWN
    across = sum(share * other.get(subject, 0.0) for subject, share in one.items())
    lengths = sum(share**2 for share in one.values()) * sum(share**2 for share in other.values())
    cosine = across / lengths**0.5
    return 2 if cosine >= SAME_LEARNING else int(cosine >= SIMILAR_LEARNING)
