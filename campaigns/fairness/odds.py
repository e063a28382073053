"""The table of prizes at one moment: what the terms, and the draws before, leave to be won."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from campaigns.fairness.terms import NOTHING, PrizeTerms, Terms

Table = list[tuple[int, int]]
"""(key, weight) in order; the first is nothing."""


@dataclass(frozen=True)
class Standing:
    """What the draws before have given: of each prize in all, today, and to this entrant; and in points.

    misses: how many draws of the entrant in a row have won nothing, up to now.
    """

    given: Mapping[int, int] = field(default_factory=dict)
    given_today: Mapping[int, int] = field(default_factory=dict)
    given_to_entrant: Mapping[int, int] = field(default_factory=dict)
    points_given: int = 0
    misses: int = 0


def table_for(terms: Terms, standing: Standing) -> Table:
    """What can be won in the next draw.

    The weight of a prize that cannot be won goes to nothing, so that the odds of the others stay as published. Whoever
    is due a guarantee wins the guaranteed prize, as long as there is one.
    """
    left = {prize.key: _is_left(prize, terms, standing) for prize in terms.prizes}
    is_due = terms.guarantee_after is not None and standing.misses >= terms.guarantee_after - 1
    if is_due and left.get(terms.guaranteed):
        return [(terms.guaranteed, 1)]
    lost = sum(prize.weight for prize in terms.prizes if not left[prize.key])
    can_be_won = [(prize.key, prize.weight) for prize in terms.prizes if left[prize.key] and prize.weight]
    return [(NOTHING, terms.nothing_weight + lost), *can_be_won]


def _is_left(prize: PrizeTerms, terms: Terms, standing: Standing) -> bool:
    limits = (
        (prize.stock, standing.given),
        (prize.a_day, standing.given_today),
        (prize.a_person, standing.given_to_entrant),
    )
    if any(limit is not None and given.get(prize.key, 0) >= limit for limit, given in limits):
        return False
    return terms.points_budget is None or standing.points_given + prize.points <= terms.points_budget
