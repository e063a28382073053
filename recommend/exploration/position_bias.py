"""How likely each place of a list is looked at, from places whose courses were put there by chance.

The position-based model (Craswell et al., "An experimental comparison of click position-bias models", WSDM 2008): a
click takes looking and liking, P(click) = e_place times a_group. Where chance puts things of a group at different
places, as exploration does, their clicks differ by place through e alone (Joachims, Swaminathan and Schnabel,
"Unbiased learning-to-rank with biased feedback", WSDM 2017).
"""

from dataclasses import dataclass

import numpy as np

from recommend.exploration.logged import Float64Array, IntArray, UnusableLog

ROUNDS = 200
CLOSE_ENOUGH = 1e-9
PRIOR_CLICKS = 10.0
PRIOR_DECAY = 0.5


@dataclass(frozen=True)
class Examination:
    """chances: float64 (places,), that a place is looked at, the first one being 1. errors: float64 (places,), the
    standard error of each, relative to it, from the number of clicks. clicks: float64 (places,), how many there were.
    """

    chances: Float64Array
    errors: Float64Array
    clicks: Float64Array


def usual(places: int) -> Float64Array:
    """What is taken before anything was seen: 1 / sqrt(place), float64 (places,)."""
    return np.arange(1, places + 1, dtype=np.float64) ** -PRIOR_DECAY


def examine(
    positions: IntArray, groups: IntArray, clicks: Float64Array, places: int, prior_clicks: float = PRIOR_CLICKS
) -> Examination:
    """The chances by maximum likelihood of Poisson counts, each drawn to `usual` as by `prior_clicks` clicks.

    positions: int64 (n,) from 0; groups: int64 (n,), numbered from 0, rounds of one group being alike but for their
    place; clicks: float64 (n,), 0 or 1. Raises `UnusableLog` for no rounds.
    """
    if not len(positions):
        raise UnusableLog("There are no explored places to learn from.")
    shown = np.zeros((places, int(groups.max()) + 1))
    clicked = np.zeros_like(shown)
    np.add.at(shown, (positions, groups), 1)
    np.add.at(clicked, (positions, groups), clicks)
    return examine_counts(shown, clicked, prior_clicks)


def examine_counts(shown: Float64Array, clicked: Float64Array, prior_clicks: float = PRIOR_CLICKS) -> Examination:
    """The same from counts, float64 (places, groups): how often something was shown there, and clicked."""
    of_place, of_group = clicked.sum(axis=1), clicked.sum(axis=0)
    expected = usual(len(shown))
    chances = expected
    for _ in range(ROUNDS):
        liking = of_group / np.maximum(chances @ shown, 1e-12)
        as_usual = np.maximum(shown @ liking, 0.0)
        strength = prior_clicks / expected
        renewed = (of_place + prior_clicks) / np.maximum(as_usual + strength, 1e-12)
        moved = float(np.abs(renewed - chances).max())
        chances = renewed
        if moved < CLOSE_ENOUGH:
            break
    relative = chances / chances[0]
    return Examination(relative, 1 / np.sqrt(of_place + prior_clicks), of_place)
