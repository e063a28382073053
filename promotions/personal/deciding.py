"""Deciding: by the model under the budget, with a share drawn at random whose likelihood is written down."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Q
from django.utils import timezone

from promotions.models import Offer, OfferProgram
from promotions.personal import policy
from promotions.personal.candidates import Candidate
from promotions.personal.features import matrix
from promotions.personal.past import Learned
from promotions.personal.policy import Terms
from promotions.pricing.benefits import WHOLE


@dataclass(frozen=True)
class Decision:
    """What one person is offered. level: basis points, 0 for nothing; the rest as `Offer` keeps it."""

    candidate: Candidate
    level: int
    explored: bool
    propensity: float
    chances: list[float]
    uplift: float
    gain: float


def budget_left(program: OfferProgram) -> float:
    """What is neither spent nor expected to be spent by offers that people still have."""
    left = float(program.budget - program.batch.spent)
    good = Q(coupon__expires_at=None) | Q(coupon__expires_at__gt=timezone.now())
    waiting = Offer.objects.given().filter(good, program=program, coupon__is_used=False)
    for level, price, ladder, chances in waiting.values_list("level", "price", "ladder", "chances"):
        left -= _chance(level, ladder, chances) * price * level / WHOLE
    return max(left, 0.0)


def terms_of(program: OfferProgram, candidates: Sequence[Candidate]) -> Terms:
    """The limits of each candidate: the course's own terms, else its platform's, else the program's."""
    own = list(program.terms.all())
    of_course = {each.course_id: each for each in own if each.course_id}
    of_platform = {each.platform_id: each for each in own if each.platform_id}
    persons = {key: number for number, key in enumerate(dict.fromkeys(each.account.person_id for each in candidates))}
    costs, least, most = [], [], []
    for each in candidates:
        terms = of_course.get(each.course.pk) or of_platform.get(each.course.platform_id)
        cost = program.cost_share if terms is None or terms.cost_share is None else terms.cost_share
        costs.append(cost / WHOLE)
        least.append(terms.least / WHOLE if terms else 0.0)
        most.append(terms.most / WHOLE if terms else 1.0)
    return Terms(
        np.array([persons[each.account.person_id] for each in candidates], np.int64),
        np.array([each.course.price or 0 for each in candidates], float),
        np.array(costs),
        np.array(least),
        np.array(most),
        program.least_margin / WHOLE,
    )


def decide(
    program: OfferProgram,
    candidates: Sequence[Candidate],
    learned: Learned | None,
    budget: float,
    rng: np.random.Generator,
) -> list[Decision]:
    """One decision for each person; by chance alone while nothing is learned, and then for no more than the budget."""
    if not candidates:
        return []
    levels = np.array([0, *program.levels]) / WHOLE
    terms = terms_of(program, candidates)
    allowed = terms.allowed(levels)
    share = 1.0 if learned is None else program.exploration / WHOLE
    chances = gain = None
    worst = terms.price[:, None] * levels[None, :]
    if learned is not None:
        x = matrix([each.inputs for each in candidates], learned.axes, learned.size)
        chances = learned.model.chances(x, levels)
        worst = worst * chances
    drawn = (worst * allowed).sum(axis=1) / allowed.sum(axis=1)
    count = np.bincount(terms.person)
    drawn_of_person = np.bincount(terms.person, weights=drawn) / count
    chosen = np.zeros(len(candidates), np.int64)
    best_row = policy.best_of_person(terms.price, terms.person)
    if chances is not None:
        left = max(budget - share * float(drawn_of_person.sum()), 0.0)
        plan = policy.allocate(chances, levels, terms, left)
        chosen, gain = plan.level, plan.gain
        value = np.where(allowed, plan.gain, -np.inf).max(axis=1) + (chosen > 0) * 1e12
        best_row = policy.best_of_person(value, terms.person)
    decisions: list[Decision] = []
    spent = 0.0
    for person in rng.permutation(len(count)):
        rows = np.flatnonzero(terms.person == person)
        explored = bool(rng.random() < share)
        if learned is None:
            spent += drawn_of_person[person]
            if spent > budget:
                break
        row = int(rng.choice(rows)) if explored else int(best_row[person])
        open_levels = np.flatnonzero(allowed[row])
        level = int(rng.choice(open_levels)) if explored else int(chosen[row])
        likely = share / (len(rows) * len(open_levels))
        if learned is not None and row == best_row[person] and level == chosen[row]:
            likely += 1.0 - share
        decisions.append(
            Decision(
                candidates[row],
                int([0, *program.levels][level]),
                explored,
                min(likely, 1.0),
                [] if chances is None else [round(float(each), 6) for each in chances[row]],
                0.0 if chances is None else float(chances[row, level] - chances[row, 0]),
                0.0 if gain is None else float(gain[row, level]),
            )
        )
    return decisions


def _chance(level: int, ladder: list[int], chances: list[float]) -> float:
    if level in ladder and len(chances) == len(ladder) + 1:
        return chances[ladder.index(level) + 1]
    return 1.0
