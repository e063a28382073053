"""How much to listen to each member, learned from questions whose answers were hidden from them.

A question's scores are the members' standings times their weights; the weights maximise the likelihood of the answers
under a softmax over the candidates (listwise cross-entropy, which is convex), first for all questions together, then
for each situation with a pull towards what is right for all. NDCG decides whether a member stays, and whether the
mixture is listened to at all instead of the best member alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from recommend.algorithms.base import Algorithm
from recommend.algorithms.ensemble import context
from recommend.algorithms.ensemble.questions import Questions
from recommend.algorithms.ensemble.standing import columns_by_platform, standing
from recommend.algorithms.interactions import Float32Array, Float64Array, Int32Array, Int64Array

CANDIDATES = 100
"""How many of each member's first courses compete with the answers."""

SCORES_AT_ONCE = 1 << 23
CUTOFF = 20
PULL = 50.0
"""As if each situation had seen this many questions more whose weights are those of everybody."""

FEWEST_NEWCOMERS = 10
"""From so many on, people without a history on the platform are weighed for by themselves, and by likelihood alone:
they are few, and NDCG would decide by chance."""

AMONG_EQUALS = np.float32(1e-6)
"""Among candidates of equal scores the answer stands last, so that knowing nothing wins nothing."""

ERRORS_BY_SITUATION = 2.0
"""Weights of a situation differ from everybody's when NDCG is higher by so many standard errors, as there are many."""

LEAST_GAIN = 1e-3
"""The search for better weights ends when a round raises NDCG by less than this share."""

STEPS = (0.7, 0.85, 1.2, 1.5)
MOST_ROUNDS = 5


@dataclass(frozen=True)
class Ballots:
    """What the members say of the candidates of each question.

    standings: float32 (questions, candidates, members), 0 for places without a candidate;
    is_candidate, is_answer: bool (questions, candidates); answers: int64 (questions,), how many there are in all;
    buckets: int64 (questions,), the situation.
    """

    standings: Float32Array
    is_candidate: np.ndarray
    is_answer: np.ndarray
    answers: Int64Array
    buckets: Int64Array
    is_short: np.ndarray

    def __len__(self) -> int:
        return len(self.answers)

    def where(self, rows: np.ndarray) -> Ballots:
        """Only these questions."""
        return Ballots(
            self.standings[rows],
            self.is_candidate[rows],
            self.is_answer[rows],
            self.answers[rows],
            self.buckets[rows],
            self.is_short[rows],
        )


def ballots_of(models: Sequence[Algorithm[Any]], questions: Questions, platform_of_item: Int32Array) -> Ballots:
    """Ask every member all questions."""
    parts = []
    columns_of = columns_by_platform(platform_of_item)
    at_once = max(1, SCORES_AT_ONCE // max(1, len(platform_of_item)))
    for platform, columns in columns_of.items():
        rows = np.flatnonzero(questions.platforms == platform)
        names = np.arange(len(platform_of_item))[columns]
        for start in range(0, len(rows), at_once):
            asked = questions.some(rows[start : start + at_once])
            parts.append(_ballots(models, asked, names, context.of(asked.histories, platform_of_item, platform)))
    return _stacked(parts)


def learned(ballots: Ballots, is_fallback: Sequence[bool]) -> Float32Array:
    """The weights of the members in every situation, float32 (situations, members).

    is_fallback: (members,), who answers when nothing is known of a person.
    """
    whole = ballots.where(~ballots.is_short)
    alone = np.eye(ballots.standings.shape[2])
    best = alone[int(np.argmax([ndcg(whole, weights) for weights in alone]))]
    everyone = _improved(whole, _without_idlers(whole, _likeliest(whole)))
    if not _is_better(whole, everyone, best):
        everyone = best
    table = np.tile(everyone, (context.SHAPE[0] * context.SHAPE[1], 1))
    is_new = ballots.buckets < context.SHAPE[1]
    if is_new.sum() >= FEWEST_NEWCOMERS:
        table[: context.SHAPE[1]] = _likeliest(ballots.where(is_new))
    for bucket in np.unique(ballots.buckets):
        table[bucket] = _for_situation(ballots.where(ballots.buckets == bucket), table[bucket])
    table[~table.any(axis=1)] = everyone  # where no member helps, an order by nobody would be worse
    table[0] = np.array(is_fallback, dtype=np.float64) if any(is_fallback) else everyone
    return table.astype(np.float32)


def without_questions(is_fallback: Sequence[bool]) -> Float32Array:
    """Weights where nobody could be asked: all alike, but those who know no person, who answer when nobody is known."""
    fallback = np.array(is_fallback, dtype=np.float32)
    everyone = np.ones_like(fallback) if fallback.all() else 1 - fallback
    table = np.tile(everyone, (context.SHAPE[0] * context.SHAPE[1], 1))
    table[0] = fallback if fallback.any() else everyone
    return table


def ndcg(ballots: Ballots, weights: Float64Array) -> float:
    """Mean NDCG of the first places under these weights, (members,)."""
    return float(_gains(ballots, weights).mean())


def _gains(ballots: Ballots, weights: Float64Array) -> Float64Array:
    """NDCG of each question, float64 (questions,)."""
    scores = ballots.standings @ weights.astype(np.float32)
    scores = np.where(ballots.is_candidate, scores - AMONG_EQUALS * ballots.is_answer, -np.inf)
    places = min(CUTOFF, scores.shape[1])
    first = np.argpartition(-scores, places - 1, axis=1)[:, :places]
    first = np.take_along_axis(first, np.argsort(-np.take_along_axis(scores, first, 1), axis=1, kind="stable"), 1)
    discounts = 1 / np.log2(np.arange(2, CUTOFF + 2))
    ideal = np.cumsum(discounts)[np.minimum(ballots.answers, CUTOFF) - 1]
    gains: Float64Array = np.take_along_axis(ballots.is_answer, first, 1) @ discounts[:places] / ideal
    return gains


def _is_better(ballots: Ballots, weights: Float64Array, others: Float64Array, errors: float = 1.0) -> bool:
    """Whether NDCG is higher by more than so many standard errors of the difference, question by question."""
    differences = _gains(ballots, weights) - _gains(ballots, others)
    return bool(differences.mean() > errors * differences.std() / np.sqrt(len(differences)))


def _ballots(models: Sequence[Algorithm[Any]], asked: Questions, names: Int64Array, situations: Int64Array) -> Ballots:
    size = len(asked)
    position = np.full(names.max(initial=0) + 1, -1)
    position[names] = np.arange(len(names))
    met = asked.histories.items < len(position)
    people, items = asked.histories.people[met], position[asked.histories.items[met]]
    people, items = people[items >= 0], items[items >= 0]
    every, firsts = [], []
    for model in models:
        scores = standing(model.scores(asked.histories)[:, names])
        every.append(scores)
        shown = scores.copy()
        shown[people, items] = -np.inf
        places = min(CANDIDATES, shown.shape[1])
        firsts.append(np.argpartition(-shown, places - 1, axis=1)[:, :places])
    questions = np.repeat(np.arange(size), np.diff(asked.offsets))
    answers = position[asked.answers]
    is_candidate = np.zeros((size, len(names)), bool)
    for first in firsts:
        is_candidate[np.arange(size)[:, None], first] = True
    is_candidate[people, items] = False
    is_answer = np.zeros_like(is_candidate)
    is_answer[questions, answers] = is_candidate[questions, answers]  # others would be proposed by nobody
    width = int(is_candidate.sum(axis=1).max(initial=1))
    order = np.argsort(~is_candidate, axis=1, kind="stable")[:, :width]
    chosen = np.take_along_axis(is_candidate, order, 1)
    standings = np.stack([np.where(chosen, np.take_along_axis(scores, order, 1), 0) for scores in every], axis=2)
    hits = np.take_along_axis(is_answer, order, 1) & chosen
    return Ballots(standings, chosen, hits, np.diff(asked.offsets), situations, asked.is_short)


def _stacked(parts: Sequence[Ballots]) -> Ballots:
    width = max(part.is_candidate.shape[1] for part in parts)

    def padded(values: np.ndarray) -> np.ndarray:
        missing = width - values.shape[1]
        return np.pad(values, [(0, 0), (0, missing), *[(0, 0)] * (values.ndim - 2)])

    return Ballots(
        np.concatenate([padded(part.standings) for part in parts]),
        np.concatenate([padded(part.is_candidate) for part in parts]),
        np.concatenate([padded(part.is_answer) for part in parts]),
        np.concatenate([part.answers for part in parts]),
        np.concatenate([part.buckets for part in parts]),
        np.concatenate([part.is_short for part in parts]),
    )


def _likeliest(
    ballots: Ballots,
    allowed: np.ndarray | None = None,
    centre: Float64Array | None = None,
) -> Float64Array:
    """The weights, none below 0, under which the answers are likeliest; pulled towards `centre` if there is one."""
    members = ballots.standings.shape[2]
    allowed = np.ones(members, bool) if allowed is None else allowed
    standings = ballots.standings[:, :, allowed]
    start = np.full(int(allowed.sum()), 0.5) if centre is None else centre[allowed]
    size = len(ballots)

    def loss(weights: Float64Array) -> tuple[float, Float64Array]:
        value, gradient = _cross_entropy(standings, ballots.is_candidate, ballots.is_answer, weights)
        if centre is not None:
            away = weights - centre[allowed]
            scale = PULL / size / max(float(centre.sum()), 1e-3) ** 2
            value, gradient = value + scale * away @ away, gradient + 2 * scale * away
        return value, gradient

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    weights = np.zeros(members)
    weights[allowed] = found.x
    return weights


def _cross_entropy(
    standings: Float32Array, is_candidate: np.ndarray, is_answer: np.ndarray, weights: Float64Array
) -> tuple[float, Float64Array]:
    """Mean of -log softmax of the answers, and its gradient by the weights."""
    scores = np.where(is_candidate, standings @ weights.astype(np.float32), -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    chances = np.exp(scores)
    totals = chances.sum(axis=1, keepdims=True)
    chances /= totals
    share = is_answer / np.maximum(is_answer.sum(axis=1, keepdims=True), 1)
    logs = np.where(is_answer, scores - np.log(totals), 0)
    value = -(share * logs).sum() / len(scores)
    gradient = np.einsum("qc,qcm->m", chances * share.sum(axis=1, keepdims=True) - share, standings)
    return float(value), (gradient / len(scores)).astype(np.float64)


def _without_idlers(ballots: Ballots, weights: Float64Array) -> Float64Array:
    """The weights without those members whose share in NDCG is no more than chance."""
    for member in np.argsort(weights).tolist():
        others = weights > 0
        others[member] = False
        if not weights[member] or not others.any():
            continue
        alternative = _likeliest(ballots, others)
        if not _is_better(ballots, weights, alternative):
            weights = alternative
    return weights


def _improved(ballots: Ballots, weights: Float64Array) -> Float64Array:
    """Weights near these of a higher NDCG, by changing one at a time."""
    best = ndcg(ballots, weights)
    for _round in range(MOST_ROUNDS):
        before = best
        for member in np.flatnonzero(weights > 0).tolist():
            for step in STEPS:
                changed = weights.copy()
                changed[member] *= step
                if (found := ndcg(ballots, changed)) > best:
                    weights, best = changed, found
        if best <= before * (1 + LEAST_GAIN):
            break
    return weights


def _for_situation(ballots: Ballots, everyone: Float64Array) -> Float64Array:
    """The weights of one situation; those of everybody unless NDCG is higher for a difference beyond chance."""
    own = _likeliest(ballots, None, everyone)
    return own if _is_better(ballots, own, everyone, ERRORS_BY_SITUATION) else everyone
