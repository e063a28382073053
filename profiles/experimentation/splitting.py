"""Splitting persons into arms by hashes, without a draw that would have to be stored.

Weighted rendezvous hashing: every arm draws a number for the unit, and the smallest wins (Thaler and Ravishankar,
"Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on Networking 6(1), 1998; the weights are those
of Efraimidis and Spirakis, "Weighted random sampling with a reservoir", Information Processing Letters 97(5), 2006).
So a unit goes to an arm with a probability in proportion to the arm's weight; an arm that is added or made heavier only
draws units to itself, and nobody moves between the others.
"""

import math
from collections.abc import Mapping
from hashlib import blake2b

DIGEST_BYTES = 8
HOLDOUT_SALT = "holdout"
"""The holdout is the same for all experiments, so its salt is fixed."""


def uniform(salt: str, unit: int, name: str = "") -> float:
    """A number in (0, 1) that is always the same for the same salt, unit and name, and evenly spread over units."""
    text = f"{len(salt)}:{salt}{unit}:{name}"
    digest = int.from_bytes(blake2b(text.encode(), digest_size=DIGEST_BYTES).digest())
    # 53 bits are what a float holds exactly; half a step keeps 0 and 1 out.
    return ((digest >> 11) + 0.5) / 2**53


def choose_arm(salt: str, unit: int, weights: Mapping[str, float]) -> str:
    """The name of the arm that the unit belongs to.

    weights: above 0 each, in any scale. Raises ValueError without an arm or with a weight that is not above 0.
    """
    if not weights or min(weights.values()) <= 0:
        raise ValueError("A split needs at least one arm, and each arm a weight above 0.")
    return min(weights, key=lambda name: (-math.log(uniform(salt, unit, name)) / weights[name], name))


def is_held_out(unit: int, share: float) -> bool:
    """Whether the unit is in the holdout, which has this share (0 to 1) of all units.

    A greater share adds units and lets none go.
    """
    return uniform(HOLDOUT_SALT, unit) < share
