"""The same measures for parts of the people: by platform, by length of history, by segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from recommend.algorithms.interactions import Int64Array
from recommend.evaluation.answers import Answers
from recommend.evaluation.comparison import Difference, compare, mean_interval
from recommend.evaluation.metrics import BoolArray
from recommend.split import Split

PLATFORM, HISTORY, SEGMENT = "platform", "history", "segment"
FEWEST_QUESTIONS = 30
"""Slices with fewer are left out: their intervals would tell nothing, and single people must not be told of."""
HISTORY_LENGTHS = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, 50), (51, None))
"""By how many different courses a person met in training, both bounds included."""
K = 10


@dataclass(frozen=True)
class Labels:
    """One part of the questions: kind and name say which, `asked` is bool (questions,)."""

    kind: str
    name: str
    asked: BoolArray


class Slice(msgspec.Struct, frozen=True):
    """How good the lists of some of the people are, with the 95% interval of their NDCG."""

    kind: str
    name: str
    questions: int
    recall: float
    ndcg: float
    low: float
    high: float


class SliceDifference(msgspec.Struct, frozen=True):
    """By how much the NDCG@10 of some of the people is above another model's."""

    kind: str
    name: str
    difference: Difference


def labels_of(split: Split, segments: Sequence[Labels] = ()) -> Iterator[Labels]:
    """All slices with enough questions: platforms (named by their number), lengths of history, and these segments."""
    for each in _all_labels(split, segments):
        if each.asked.sum() >= FEWEST_QUESTIONS:
            yield each


def slices_of(answers: Answers, split: Split, segments: Sequence[Labels] = ()) -> list[Slice]:
    """How good the answers are for each slice."""
    recalled, gained = answers.recall(K), answers.ndcg(K)
    slices: list[Slice] = []
    for each in labels_of(split, segments):
        mean, low, high, _people = mean_interval(gained[each.asked], split.people[each.asked])
        recall = float(recalled[each.asked].mean())
        slices.append(Slice(each.kind, each.name, int(each.asked.sum()), recall, mean, low, high))
    return slices


def differences_by_slice(
    challenger: Answers, champion: Answers, split: Split, segments: Sequence[Labels] = ()
) -> list[SliceDifference]:
    """By how much the challenger is better than the champion, for each slice."""
    new, old = challenger.ndcg(K), champion.ndcg(K)
    return [
        SliceDifference(each.kind, each.name, compare(new[each.asked], old[each.asked], split.people[each.asked]))
        for each in labels_of(split, segments)
    ]


def _all_labels(split: Split, segments: Sequence[Labels]) -> Iterator[Labels]:
    for platform in np.unique(split.platforms).tolist():
        yield Labels(PLATFORM, str(platform), split.platforms == platform)
    lengths = _history_lengths(split)
    for least, most in HISTORY_LENGTHS:
        asked = (lengths >= least) & (lengths <= (np.inf if most is None else most))
        yield Labels(HISTORY, f"{least}+" if most is None else f"{least}-{most}", asked)
    yield from segments


def _history_lengths(split: Split) -> Int64Array:
    """How many different courses the person of each question met in training, int64 (questions,)."""
    known = split.interactions
    pairs = np.unique(known.users.astype(np.int64) * known.n_items + known.items)
    return np.bincount(pairs // known.n_items, minlength=known.n_users)[split.people]
