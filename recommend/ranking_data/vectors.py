"""Profiles as they would have been told each week, for those whose profile may be looked at."""

import numpy as np

from profiles.profiling.past_vectors import vectors_at
from recommend.algorithms.interactions import Float32Array
from recommend.ranking.courses import DAY
from recommend.ranking_data.lists import Shown
from recommend.ranking_data.people import People

EVERY_DAYS = 7.0


class PastVectors:
    """Of each account, the vector as of the latest of a few moments before a list."""

    def __init__(self, people: People, shown: list[Shown], since: float, until: float) -> None:
        subjects = {
            people.subject_of[each.account].lead: people.subject_of[each.account]
            for each in shown
            if each.account in people.subject_of
        }
        self._row_of = {
            account: row for row, subject in enumerate(subjects.values()) for account in subject.account_ids
        }
        self._moments = np.arange(since, max(until, since + 1), EVERY_DAYS * DAY)
        version, self._vectors = vectors_at(list(subjects.values()), self._moments.tolist())
        self.axes = str(version) if version else ""

    def of(self, account: int, moment: float) -> Float32Array | None:
        """The vector of an account's person; None where there is none, or where it may not be looked at."""
        row = self._row_of.get(account)
        if row is None or not self.axes:
            return None
        at = int(np.searchsorted(self._moments, moment, side="right")) - 1
        vector = self._vectors[max(at, 0)][row]
        return None if at < 0 or np.isnan(vector).any() else vector.astype(np.float32)
