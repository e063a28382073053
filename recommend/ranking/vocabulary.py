"""Words as numbers, fixed when a ranker is trained."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

import msgspec
import numpy as np

from recommend.algorithms.interactions import Int32Array

UNKNOWN = 0
"""The code of words that were not there in training, and of no word at all."""
MOST_CODES = 4_096
"""Codes of one kind at most; words beyond are unknown."""
TEACHER_BUCKETS = 512
"""Teachers are told apart by a digest of the name, so that a model holds no names of people."""


class Vocabulary(msgspec.Struct, frozen=True, dict=True):
    """The words that a ranker tells apart, each list in the order of codes from 1.

    platforms: names of any kind that tell platforms apart. sources: whose scores for candidates are looked at, in the
    order of their columns.
    """

    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @cached_property
    def of_category(self) -> dict[str, int]:
        """Codes of categories."""
        return _codes(self.categories)

    @cached_property
    def of_kind(self) -> dict[str, int]:
        """Codes of kinds."""
        return _codes(self.kinds)

    @cached_property
    def of_platform(self) -> dict[str, int]:
        """Codes of platforms."""
        return _codes(self.platforms)

    @cached_property
    def of_device(self) -> dict[str, int]:
        """Codes of devices."""
        return _codes(self.devices)

    @cached_property
    def of_placement(self) -> dict[str, int]:
        """Codes of placements."""
        return _codes(self.placements)


def coded(codes: dict[str, int], words: Sequence[str]) -> Int32Array:
    """The codes of these words, int32 (n,)."""
    return np.array([codes.get(word, UNKNOWN) for word in words], dtype=np.int32)


def teacher_codes(teachers: Sequence[str]) -> Int32Array:
    """Codes of teachers, int32 (n,), below `TEACHER_BUCKETS`; some share one."""
    known: dict[str, int] = {"": UNKNOWN}
    for name in teachers:
        if name not in known:
            known[name] = 1 + zlib.crc32(name.encode(errors="surrogatepass")) % (TEACHER_BUCKETS - 1)
    return np.array([known[name] for name in teachers], dtype=np.int32)


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    """The words in order, each once, without the empty one; of very many the most frequent ones."""
    counted = Counter(word for word in words if word)
    return tuple(sorted(word for word, _count in counted.most_common(MOST_CODES - 1)))


def _codes(words: tuple[str, ...]) -> dict[str, int]:
    return {word: code for code, word in enumerate(words, start=1)}
