"""What profiles are made of: events and courses as columns of numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TYPES = ("view", "click", "search", "like", "share", "comment", "rating", "purchase", "refund", "complete")
"""The event types that tell of a person, in the order of their codes; what one was merely shown is not among them."""
CODE = {name: code for code, name in enumerate(TYPES)}

KINDS = ("course", "audio", "article", "video", "live")
"""The kinds of courses in the order of their codes."""

NO_COURSE = -1
NO_CATEGORY = -1
NO_PRICE = -1
DAY = 86_400.0
"""Seconds in a day."""


@dataclass(frozen=True)
class CourseColumns:
    """Courses in rows; `category` is an index into `categories` or -1, `kind` into `KINDS`, `price` is in minor units
    or -1 where it is unknown or in another currency than most; `topics` holds shares, shape (courses, topics).
    """

    category: Ints
    kind: Ints
    price: Ints
    topics: Floats
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.category)


@dataclass(frozen=True)
class EventColumns:
    """Events of `n_persons` persons, one row each.

    person: 0 to n_persons - 1. account: any number that tells accounts apart. platform: an index. course: a row of
    `CourseColumns` or -1. type: an index into `TYPES`. value: as events have it, NaN for none. engagement: how much it
    tells of liking, 0 for nothing. time: epoch seconds. local: the same moment in seconds on the person's own clock.
    """

    person: Ints
    account: Ints
    platform: Ints
    course: Ints
    type: Ints
    value: Floats
    engagement: Floats
    time: Floats
    local: Floats
    n_persons: int
    n_platforms: int

    def __len__(self) -> int:
        return len(self.person)

    def of_type(self, *names: str) -> npt.NDArray[np.bool_]:
        """Which events are of these types, shape (events,)."""
        return np.isin(self.type, [CODE[name] for name in names])

    def summed(self, weights: Floats, chosen: npt.NDArray[np.bool_]) -> Floats:
        """The sum of the weights of the chosen events of each person, shape (persons,)."""
        summed: Floats = np.bincount(self.person[chosen], weights[chosen], self.n_persons).astype(np.float64)
        return summed

    def counted(self, chosen: npt.NDArray[np.bool_]) -> Floats:
        """How many of the chosen events each person has, shape (persons,)."""
        return self.summed(np.ones(len(self)), chosen)
