"""What groups of people were offered, so that one sees whom a program passes over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from promotions.offering.ladder import Float64Array, IntArray, UnusableOffers
from recommend.exploration import intervals
from recommend.exploration.intervals import Confidence, Interval

FOUR_FIFTHS = 0.8
"""Below this ratio of shares, adverse impact is commonly presumed (Uniform Guidelines, 29 CFR 1607.4 D, 1978)."""
FEWEST = 5
"""Smaller groups tell of single persons and are left out."""


@dataclass(frozen=True)
class GroupOffered:
    """A group, by decisions. offered: the share with an offer. discount: the mean, of all decisions, nothing being 0.

    offered_beyond, discount_beyond: the difference from everybody else. ratio: its share with an offer over the largest
    of any group; None where no group was offered anything.
    """

    name: str
    decisions: int
    offered: Interval
    discount: Interval
    offered_beyond: Interval
    discount_beyond: Interval
    ratio: float | None

    @property
    def is_passed_over(self) -> bool:
        """Whether it is offered something less than four fifths as often as the group that is most often."""
        return self.ratio is not None and self.ratio < FOUR_FIFTHS


def groups_offered(
    names: Sequence[str], discounts: Float64Array, persons: IntArray | None = None, fewest: int = FEWEST
) -> list[GroupOffered]:
    """Each group by name.

    names: (n,), the group of each decision. discounts: (n,), what was offered, as a share, 0 for nothing. persons:
    int64 (n,), decisions of one person hang together; None: each is a person. fewest: groups of fewer persons are left
    out. Raises `UnusableOffers` for columns of different lengths.
    """
    groups = np.asarray(names)
    persons = np.arange(len(groups)) if persons is None else persons
    if not len(groups) == len(discounts) == len(persons):
        raise UnusableOffers("Groups, discounts and persons must be of the same decisions.")
    found = [name for name in np.unique(groups) if len(np.unique(persons[groups == name])) >= fewest]
    has_offer = (discounts > 0).astype(float)
    most = max((float(has_offer[groups == name].mean()) for name in found), default=0.0)
    return [_group(str(name), groups == name, has_offer, discounts, persons, most) for name in found]


def _group(
    name: str, own: np.ndarray, has_offer: Float64Array, discounts: Float64Array, persons: IntArray, most: float
) -> GroupOffered:
    offered = _mean(has_offer, own, persons)
    return GroupOffered(
        name,
        int(own.sum()),
        offered,
        _mean(discounts, own, persons),
        _difference(has_offer, own, persons),
        _difference(discounts, own, persons),
        offered.value / most if most else None,
    )


def _mean(values: Float64Array, own: np.ndarray, persons: IntArray) -> Interval:
    return intervals.of_ratio(values * own, own.astype(float), persons, Confidence())


def _difference(values: Float64Array, own: np.ndarray, persons: IntArray) -> Interval:
    """Of the mean here and that elsewhere; not a number where there is nobody elsewhere."""
    if own.all():
        return Interval(np.nan, np.nan, np.nan, np.nan)
    here, there = own.mean(), (~own).mean()
    one, two = values[own].mean(), values[~own].mean()
    column = (one - two) + own * (values - one) / here - ~own * (values - two) / there
    return intervals.of_ratio(column, np.ones(len(values)), persons, Confidence())
