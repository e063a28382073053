"""What is noted of an answer besides its courses, so that one can learn from what was tried in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from recommend.algorithms.interactions import Int64Array
from recommend.exploration.drawing import Place

KEY = "explored"
"""Under which it stands in `Recommendation.context`."""


class TriedPlace(msgspec.Struct, frozen=True, array_like=True):
    """An explored place.

    place: from 0. arm: which was drawn. proposals: of each arm that had something to propose, the course, and how
    likely the arm was to be drawn.
    """

    place: int
    arm: str
    proposals: dict[str, tuple[int, float]]


class Tried(msgspec.Struct, frozen=True):
    """What was tried in an answer.

    known: by how many courses the person was known. share: of the places that were to be explored. seed: of the draws;
    answers with the same seed to the same account are one draw, of the same courses by the same chances. places:
    those that were explored.
    """

    known: int
    share: float
    seed: str
    places: list[TriedPlace]


def noted(places: Sequence[Place], course_ids: Int64Array, known: int, share: float, seed: int) -> dict[str, Any]:
    """The entries for `Recommendation.context`. course_ids: int64, the course of each candidate that places
    name.
    """
    tried = [
        TriedPlace(
            number,
            place.arm,
            {
                arm: (int(course_ids[each.candidate]), round(each.chance, 6))
                for arm, each in (place.proposals or {}).items()
            },
        )
        for number, place in enumerate(places)
        if place.arm
    ]
    return {KEY: msgspec.to_builtins(Tried(known, share, f"{seed:016x}", tried))}


def tried_in(context: Mapping[str, Any]) -> Tried | None:
    """What was tried in an answer of this context; None when it was given without exploring, or noted otherwise."""
    try:
        return msgspec.convert(context[KEY], Tried)
    except (KeyError, msgspec.ValidationError):
        return None
