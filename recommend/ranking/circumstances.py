"""What a ranker looks at of the moment in which a list is asked for, and of who asks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float32Array
from recommend.ranking.config import PROFILE_DIMENSIONS
from recommend.ranking.past import PERSON_FEATURES

FARTHEST = 8.0
"""Numbers of a profile are cut here."""
MOMENT_FEATURES = ("hour sin", "hour cos", "hour sin 2", "hour cos 2", "is weekend")
PROFILE_FEATURES = (*(f"profile {number}" for number in range(1, PROFILE_DIMENSIONS + 1)), "has a profile")
ASKED_FEATURES = (*MOMENT_FEATURES, *PROFILE_FEATURES, *PERSON_FEATURES)


@dataclass(frozen=True)
class Moment:
    """Where, on what and when a list is asked for.

    platform, device, placement: codes of a `Vocabulary`. hour: 0 to 23; weekday: 0 (Monday) to 6, where the platform
    is.
    """

    platform: int
    device: int
    placement: int
    hour: int
    weekday: int


@dataclass(frozen=True)
class Question:
    """A moment and who asks: numbers float32 (21,), `ASKED_FEATURES`; codes of a `Vocabulary`."""

    numbers: Float32Array
    platform: int
    device: int
    placement: int


def question_of(moment: Moment, profile: Float32Array | None, person: Float32Array) -> Question:
    """What a ranker looks at besides the candidates.

    profile: the reduced vector of the person, at most 10 numbers are looked at; None where there is none or it may not
    be used. person: from `person_features`.
    """
    turn = 2 * np.pi * moment.hour / 24
    found = np.zeros(len(ASKED_FEATURES), np.float32)
    found[:5] = np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn), moment.weekday >= 5
    if profile is not None:
        known = profile[:PROFILE_DIMENSIONS]
        found[5 : 5 + len(known)] = np.clip(known, -FARTHEST, FARTHEST)
        found[5 + PROFILE_DIMENSIONS] = 1
    found[6 + PROFILE_DIMENSIONS :] = person
    return Question(found, moment.platform, moment.device, moment.placement)
