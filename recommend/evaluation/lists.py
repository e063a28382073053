"""What lists are like beside being right: how much of the catalogue they show, how new, how varied, how much alike.

Lists are int32 (questions, places), the columns of courses best first, -1 where there were fewer. Groups are int32
(n_items,), one number for each category, -1 where none is known.
"""

from __future__ import annotations

import numpy as np

from recommend.algorithms.interactions import Float64Array, Int32Array, Int64Array, Interactions

MIXED_IN = 0.01
"""How much of the history is mixed into the list's distribution, so that a category without a course is no infinity."""


def coverage(lists: Int32Array, n_items: int) -> float:
    """The share of all courses that are in somebody's list."""
    return len(np.unique(lists[lists >= 0])) / n_items


def novelty(lists: Int32Array, known: Interactions) -> float | None:
    """Mean self-information of the courses listed, in bits: -log2 of the share of people who met the course.

    One that everybody knows has 0. One person more than there are, who knows every course, keeps it finite
    (Zhou et al., Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 107(10), 2010).
    """
    shown = lists[lists >= 0]
    if not len(shown):
        return None
    pairs = np.unique(known.users.astype(np.int64) * known.n_items + known.items)
    people = np.bincount(pairs % known.n_items, minlength=known.n_items)
    return float(-np.log2((people[shown] + 1) / (known.n_users + 1)).mean())


def overlap(lists: Int32Array, platforms: Int32Array) -> float | None:
    """The mean share of courses that two people's lists have in common, over all pairs asked on the same platform.

    platforms: int32 (questions,). Counted exactly, for a course in c of the lists is shared by c (c - 1) / 2 pairs;
    as a share of the longest list on the platform.
    """
    shared, possible = 0.0, 0.0
    for platform in np.unique(platforms):
        own = lists[platforms == platform]
        counts = np.bincount(own[own >= 0])
        longest = (own >= 0).sum(axis=1).max(initial=0)
        shared += float((counts * (counts - 1.0)).sum())
        possible += float(longest * len(own) * (len(own) - 1.0))
    return shared / possible if possible else None


def diversity(lists: Int32Array, groups: Int32Array) -> float | None:
    """How probable it is that two courses of a list are of different categories, mean over lists; 0 is all alike."""
    counts = _group_counts(lists, groups)
    known = counts.sum(axis=1)
    counts, known = counts[known > 1], known[known > 1]
    if not len(counts):
        return None
    alike = (counts * (counts - 1)).sum(axis=1) / (known * (known - 1))
    return float(1 - alike.mean())


def miscalibration(lists: Int32Array, known: Interactions, people: Int64Array, groups: Int32Array) -> float | None:
    """How far the categories of a list are from those of its person's history, mean over people; 0 is not at all.

    The divergence of Kullback and Leibler from the history's distribution to the list's, with a hundredth of the first
    mixed into the second (Steck, Calibrated recommendations, RecSys 2018), in nats; weights of events count.
    """
    if not len(lists) or groups.max(initial=-1) < 0:
        return None
    wanted = _history_shares(known, people, groups)
    counts = _group_counts(lists, groups)
    told = (wanted.sum(axis=1) > 0) & (counts.sum(axis=1) > 0)
    if not told.any():
        return None
    wanted, counts = wanted[told], counts[told]
    given = (1 - MIXED_IN) * counts / counts.sum(axis=1, keepdims=True) + MIXED_IN * wanted
    ratios = np.divide(wanted, given, out=np.ones_like(wanted), where=wanted > 0)
    return float((wanted * np.log(ratios)).sum(axis=1).mean())


def _group_counts(lists: Int32Array, groups: Int32Array) -> Float64Array:
    """How many courses of each category each list has, (questions, categories)."""
    size = int(groups.max(initial=-1)) + 1
    rows, places = np.nonzero(lists >= 0)
    found = groups[lists[rows, places]]
    rows, found = rows[found >= 0], found[found >= 0]
    return np.bincount(rows * size + found, minlength=len(lists) * size).reshape(len(lists), size).astype(np.float64)


def _history_shares(known: Interactions, people: Int64Array, groups: Int32Array) -> Float64Array:
    """The share of each category in each person's history, (people, categories); all 0 where nothing is known."""
    size = int(groups.max()) + 1
    histories = known.histories(people)
    found = groups[histories.items]
    is_told = found >= 0
    keys = histories.people[is_told] * size + found[is_told]
    sums = np.bincount(keys, weights=histories.weights[is_told], minlength=len(people) * size)
    sums = sums.reshape(len(people), size).astype(np.float64)
    totals = sums.sum(axis=1, keepdims=True)
    return np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)
