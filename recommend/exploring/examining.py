"""How likely each place of a slot is looked at, as far as exploring has shown."""

from collections.abc import Mapping, Sequence

import numpy as np

from recommend.exploration.logged import Float64Array
from recommend.exploration.position_bias import Examination, examine_counts
from recommend.models import ExploredPlacement
from recommend.serving.arms import ARMS, TOLD_APART

PLACES = 50
"""Of which places are counted one by one; later ones count as the last."""


def examination(row: ExploredPlacement) -> Examination:
    """The chances of `PLACES` places, the first being 1; as usual where nothing is known yet."""
    columns = [ARMS.index(arm) for arm in TOLD_APART]
    return examine_counts(counts_of(row.shown)[:, columns], counts_of(row.clicked)[:, columns])


def known_examination(platform_id: int, placement: str) -> Float64Array | None:
    """The chances of the places of a slot, float64 (PLACES,), for those who learn from clicks; None where unknown."""
    row = ExploredPlacement.objects.filter(platform=platform_id, placement=placement).first()
    return None if row is None else examination(row).chances


def counts_of(kept: Mapping[str, Sequence[float]]) -> Float64Array:
    """The counts of a row as a table, float64 (PLACES, arms)."""
    table = np.zeros((PLACES, len(ARMS)))
    for column, arm in enumerate(ARMS):
        counts = kept.get(arm, [])[:PLACES]
        table[: len(counts), column] = counts
    return table


def kept_of(table: Float64Array) -> dict[str, list[float]]:
    """The table as a row keeps it: by arm, without what is 0 at the end."""
    return {
        arm: table[: np.flatnonzero(table[:, column])[-1] + 1, column].round(4).tolist()
        for column, arm in enumerate(ARMS)
        if table[:, column].any()
    }
