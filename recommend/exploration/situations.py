"""What the bandit looks at before it chooses: few things, each in few groups, so that little data tells of them."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from recommend.exploration.logged import Float64Array

DEVICES = ("", "phone", "tablet", "desktop")
"""The devices told apart; the first stands for all others."""
HOURS = (6, 12, 18)
"""Where one part of the day ends and the next begins: night, morning, afternoon, evening."""
KNOWN = (1, 5, 20)
"""The same for how many courses somebody is known by: none, few, some, many."""
N_FEATURES = 1 + len(DEVICES) + len(HOURS) + 1 + len(KNOWN) + 1


@dataclass(frozen=True, slots=True)
class Situated:
    """A situation as the bandit sees it: the numbers of its groups."""

    device: int
    part_of_day: int
    known: int

    def features(self) -> Float64Array:
        """1 for the first column, and 1 for each group that it belongs to; float64 (N_FEATURES,)."""
        row = np.zeros(N_FEATURES)
        first_hour = 1 + len(DEVICES)
        row[[0, 1 + self.device, first_hour + self.part_of_day, first_hour + len(HOURS) + 1 + self.known]] = 1
        return row


def situated(device: str, hour: int, known: int) -> Situated:
    """The situation of a device, an hour (0 to 23), and a person known by so many courses."""
    group = DEVICES.index(device) if device in DEVICES else 0
    return Situated(group, bisect_right(HOURS, hour), bisect_right(KNOWN, known))
