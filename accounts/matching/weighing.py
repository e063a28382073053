"""The weights of evidence: learned by EM from patterns of agreement, and turned into probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from accounts.matching.comparing import FIELDS, UNKNOWN, Pattern

BELIEVED = 50.0
"""What is believed beforehand counts as so many pairs: a few real ones do not overturn it."""
ROUNDS = 50
FIRST_SHARE = 0.1
"""Before there is data: the share of the smaller platform's accounts that have a match on the other."""
CERTAIN = 0.999
"""Nothing that was only compared is more certain than this."""

Table = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Weights:
    """By field the chance of each level within one person and between two, and the share of pairs that are one."""

    within: Table
    between: Table
    share: float

    def bits(self, field: int, level: int, chance: float | None = None) -> float:
        """How many bits a level is worth; `chance` is how likely the very value is that both have, if that is known."""
        if level == UNKNOWN:
            return 0.0
        within = float(self.within[field][level])
        return float(np.log2(within / (float(self.between[field][level]) if chance is None else chance)))

    def odds(self, bits: float) -> float:
        """The odds that a pair with so much evidence is one person."""
        prior = self.share / (1.0 - self.share)
        return float(prior * 2.0 ** min(bits, 200.0))


def learn(at_random: Mapping[Pattern, int], compared: Mapping[Pattern, int], pairs: int, most_matches: int) -> Weights:
    """Weights from how often each pattern was met in pairs drawn at random, and in the pairs found by blocking.

    pairs: how many pairs there are in all, of which blocking finds all that matter. most_matches: as many of them can
    be one person, since nobody is twice on a platform.
    """
    between = tuple(_shares(at_random, field, np.full(len(FIELDS[field].levels), 0.5)) for field in range(len(FIELDS)))
    within = tuple(np.array(field.within) for field in FIELDS)
    patterns, counts = list(compared), np.array(list(compared.values()), dtype=float)
    share = _bounded(FIRST_SHARE * most_matches / max(pairs, 1), pairs, most_matches)
    for _ in range(ROUNDS if patterns else 0):
        weights = Weights(within, between, share)
        odds = np.array([weights.odds(_sum(weights, pattern)) for pattern in patterns])
        matches = counts * odds / (1.0 + odds)
        weighted = dict(zip(patterns, matches, strict=True))
        within = tuple(
            _shares(weighted, place, BELIEVED * np.array(field.within)) for place, field in enumerate(FIELDS)
        )
        share = _bounded(float(matches.sum()) / max(pairs, 1), pairs, most_matches)
    return Weights(within, between, share)


def probabilities(first: np.ndarray, second: np.ndarray, platforms: np.ndarray, odds: Sequence[float]) -> np.ndarray:
    """How likely each pair is one person, given that nobody has two accounts on a platform: likely ones compete.

    first, second: int64 (n,) rows of accounts; platforms: int64 by row; odds: (n,). Returns float64 (n,).
    """
    given = np.asarray(odds, dtype=float)
    most = np.zeros(len(given))
    span = int(platforms.max(initial=0)) + 1
    for here, there in ((first, second), (second, first)):
        _groups, place = np.unique(here * span + platforms[there], return_inverse=True)
        most = np.maximum(most, np.bincount(place, weights=given, minlength=len(_groups))[place])
    return np.minimum(given / (1.0 + most), CERTAIN)


def _sum(weights: Weights, pattern: Pattern) -> float:
    return sum(weights.bits(field, level) for field, level in enumerate(pattern))


def _shares(met: Mapping[Pattern, float], field: int, believed: np.ndarray) -> np.ndarray:
    """The share of each level of a field, those beforehand believed counted in."""
    counted = believed.copy()
    for pattern, count in met.items():
        if pattern[field] != UNKNOWN:
            counted[pattern[field]] += count
    return counted / counted.sum()


def _bounded(share: float, pairs: int, most_matches: int) -> float:
    """At least a tenth of one pair, at most as many as there can be, and never a certainty."""
    return float(np.clip(share, 0.1 / max(pairs, 1), min(0.5, most_matches / max(pairs, 1))))
