"""When persons learn: visits by weekday and hour on their own clock, and the habits behind them."""

import numpy as np

from profiles.modeling.columns import DAY, EventColumns, Floats
from profiles.modeling.latent_classes import LatentClasses, fit_best

VISIT_ENDS_AFTER = 1_800.0
"""Seconds without an event after which the next one begins another visit: a long evening counts once."""
DAYPARTS = ("night", "early_morning", "morning", "midday", "afternoon", "evening")
DAYPART_OF_HOUR = np.array([0] * 5 + [1] * 4 + [2] * 3 + [3] * 2 + [4] * 4 + [5] * 4 + [0] * 2)
"""Which of `DAYPARTS` each hour belongs to: night 22-5, early morning 5-9, morning 9-12, midday 12-14, and so on."""
SMOOTHING_HOURS = 1.0
CELLS = 48
"""Hours of a working day (24), then of a weekend day (24)."""
FEWEST_VISITS = 3
"""Persons with fewer visits teach nothing about habits."""


def visits(events: EventColumns) -> Floats:
    """How many visits began at each weekday (0 is Monday) and hour, shape (persons, 7, 24)."""
    order = np.lexsort((events.time, events.account))
    gap = np.diff(events.time[order], prepend=-np.inf)
    is_first = (np.diff(events.account[order], prepend=-1) != 0) | (gap > VISIT_ENDS_AFTER)
    begun = order[is_first]
    local = events.local[begun]
    weekday = ((local // DAY + 3) % 7).astype(np.int64)
    hour = (local % DAY // 3_600).astype(np.int64)
    cell = (events.person[begun] * 7 + weekday) * 24 + hour
    counts = np.bincount(cell, minlength=events.n_persons * 7 * 24)
    return counts.reshape(events.n_persons, 7, 24).astype(np.float64)


def habit_counts(visit_counts: Floats) -> Floats:
    """Visits (persons, 7, 24) by working day or weekend and hour, shape (persons, 48)."""
    return np.concatenate([visit_counts[:, :5].sum(axis=1), visit_counts[:, 5:].sum(axis=1)], axis=1)


def fit_habits(visit_counts: Floats) -> LatentClasses:
    """The habits of hours that these persons' visits (persons, 7, 24) show."""
    counts = habit_counts(visit_counts)
    counts = counts[counts.sum(axis=1) >= FEWEST_VISITS]
    return fit_best(counts, np.zeros(CELLS, dtype=np.int64), np.sqrt(smoothed(counts)))


def smoothed(counts: Floats) -> Floats:
    """Counts (persons, 48) spread over the neighbouring hours around the clock; rows add up to 1."""
    distance = np.abs((np.arange(24)[:, None] - np.arange(24)[None, :] + 12) % 24 - 12)
    kernel = np.exp(-0.5 * (distance / SMOOTHING_HOURS) ** 2)
    spread = np.concatenate([counts[:, :24] @ kernel, counts[:, 24:] @ kernel], axis=1) + 1e-9
    return spread / spread.sum(axis=1, keepdims=True)


def by_hour(habits: LatentClasses, visit_counts: Floats) -> Floats:
    """The expected share of each hour of the day for these persons (persons, 7, 24), shape (persons, 24)."""
    expected = habits.expected(habit_counts(visit_counts))
    return expected[:, :24] + expected[:, 24:]
