"""The demo events as columns, and the log they are collected in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

EVENT_TYPES = (
    "view",
    "click",
    "search",
    "like",
    "share",
    "comment",
    "rating",
    "purchase",
    "refund",
    "complete",
    "impression",
)
NO_COURSE = -1


@dataclass(frozen=True)
class Events:
    """What the accounts did, in order of time; arrays of shape (events,).

    account: index into Accounts. course: index into Courses or NO_COURSE. type: index into EVENT_TYPES.
    value: rating 1 to 5, amount in fen, share of completion 0 to 1, or nan where the type has no value.
    time: epoch seconds. context: the further facts of the few events that have any, by position.
    """

    seed: int
    account: np.ndarray
    course: np.ndarray
    type: np.ndarray
    value: np.ndarray
    time: np.ndarray
    context: dict[int, dict[str, str]]

    def __len__(self) -> int:
        return len(self.account)

    def message_id(self, position: int) -> str:
        """The id under which this event is sent: the same seed and sizes give the same ids."""
        return f"demo-{self.seed}-{position:08d}"

    def of_type(self, name: str) -> np.ndarray:
        """The positions of the events of one type."""
        return np.flatnonzero(self.type == EVENT_TYPES.index(name))


@dataclass
class EventLog:
    """Collects events of many kinds in any order and gives them back in order of time."""

    _columns: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    _contexts: list[dict[str, str] | None] = field(default_factory=list)

    def add(
        self,
        type_name: str,
        account: np.ndarray,
        course: np.ndarray,
        time: np.ndarray,
        value: np.ndarray | None = None,
        contexts: Sequence[dict[str, str]] | None = None,
    ) -> None:
        """Note one event per row of the arrays, all of one type."""
        count = len(account)
        type_code = np.full(count, EVENT_TYPES.index(type_name), dtype=np.int8)
        values = np.full(count, np.nan) if value is None else value.astype(np.float64)
        self._columns.append((account, course, type_code, values, time.astype(np.int64)))
        self._contexts.extend(contexts if contexts is not None else [None] * count)

    def in_order(self, seed: int, until: int) -> Events:
        """Everything noted that happens by `until` (epoch seconds), sorted by time."""
        account, course, type_code, value, time = (np.concatenate(parts) for parts in zip(*self._columns, strict=True))
        order = np.argsort(time, kind="stable")
        order = order[time[order] <= until]
        return Events(
            seed=seed,
            account=account[order],
            course=course[order],
            type=type_code[order],
            value=value[order],
            time=time[order],
            context=dict(self._contexts_in(order)),
        )

    def _contexts_in(self, order: np.ndarray) -> Iterator[tuple[int, dict[str, str]]]:
        for position, source in enumerate(order):
            context = self._contexts[source]
            if context is not None:
                yield position, context
