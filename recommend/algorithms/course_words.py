"""Courses as words: texts cut by jieba, weighed by how rare each word is (TF-IDF)."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from recommend.algorithms.base import PREPARING, Progress
from recommend.algorithms.interactions import Descriptions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SHORTEST = 2
"""Characters of a word: in Chinese, those of a single one are mostly grammar."""
LONGEST_TEXT = 2_000
"""Characters of a text that are read: what a course is about is said at the beginning."""
MOST_WIDESPREAD = 0.5
"""Words in more of the texts than this share tell nothing apart."""
SAID_TWICE = 2.0
"""The category is one word among dozens, but it was chosen to say what the course is."""
TEXTS_PER_REPORT = 500


def word_matrix(descriptions: Descriptions, progress: Progress) -> csr_matrix:
    """What each course is called, float32 (n_items, words), rows of length 1; a row without any word is empty.

    Words are those of the texts, and the category, the teacher and the kind, each as a word of its own. Words of a
    single course are left out, for they say nothing about any other one.
    """
    from scipy.sparse import csr_matrix, diags

    numbers: dict[str, int] = {}
    columns: list[int] = []
    counts: list[float] = []
    offsets = [0]
    for words in _words_of_courses(descriptions, progress):
        columns += [numbers.setdefault(word, len(numbers)) for word in words]
        counts += words.values()
        offsets.append(len(columns))
    shape = len(offsets) - 1, len(numbers)
    matrix = csr_matrix((1 + np.log(np.array(counts)), columns, offsets), shape=shape, dtype=np.float64)
    spread = np.bincount(matrix.indices, minlength=len(numbers))
    kept = np.flatnonzero((spread > 1) & (spread <= max(2, MOST_WIDESPREAD * shape[0])))
    matrix = matrix[:, kept] @ diags(1 + np.log(shape[0] / spread[kept]))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (diags(1 / np.maximum(lengths, 1e-12)) @ matrix).tocsr().astype(np.float32)


def _words_of_courses(descriptions: Descriptions, progress: Progress) -> Iterator[dict[str, float]]:
    cut = _cutter()
    size = len(descriptions.texts)
    named = [("category", descriptions.categories, SAID_TWICE), ("teacher", descriptions.teachers, 1.0)]
    named.append(("kind", descriptions.kinds, 1.0))
    for course, text in enumerate(descriptions.texts):
        if course % TEXTS_PER_REPORT == 0:
            progress(PREPARING, course, size, {})
        words: dict[str, float] = dict(Counter(filter(_tells, cut(text[:LONGEST_TEXT].lower()))))
        words |= {f"{field}:{column[course]}": count for field, column, count in named if column[course]}
        yield words
    progress(PREPARING, size, size, {})


def _tells(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalnum() and not word.isdecimal()


@cache
def _cutter() -> Callable[[str], Sequence[str]]:
    """How a text is cut into words; the dictionary takes a second to read, and web workers never need it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old escapes in its sources, told by newer Pythons while they compile them
        import jieba
    jieba.setLogLevel(logging.ERROR)
    return jieba.Tokenizer().lcut
