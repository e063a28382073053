"""What a decision is made by: the profile of a person, a course, and what the person has done with it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np

NAMED = (
    "log_price",
    "interest",
    "views",
    "spending_percentile",
    "minds_prices",
    "recency_days",
    "frequency",
    "regular",
)
"""Features with a meaning, in this order; behind them stands the profile vector."""
REGULAR_FROM = 2
"""Who has bought so often is no newcomer."""


def inputs_of(
    traits: Mapping[str, Any], vector: Sequence[float], axes: UUID, price: int, category: str, views: int
) -> dict[str, Any]:
    """All that the model is told, as it is written down with the decision."""
    spending, rfm = traits.get("spending") or {}, traits.get("rfm") or {}
    interests = {each["name"]: each["share"] for each in traits.get("categories") or ()}
    orders = int(spending.get("orders") or 0)
    return {
        "log_price": round(float(np.log(max(price, 1))), 4),
        "interest": float(interests.get(category, 0.0)),
        "views": views,
        "spending_percentile": _known(spending.get("percentile"), 0.5),
        "minds_prices": _known(spending.get("price_gap"), 0.0),
        "recency_days": min(float(rfm.get("recency_days") or 365.0), 365.0),
        "frequency": float(np.log1p(rfm.get("frequency") or 0)),
        "regular": int(orders >= REGULAR_FROM),
        "tier": spending.get("tier") or "",
        "vector": [round(value, 4) for value in vector],
        "axes": str(axes),
    }


def matrix(inputs: Sequence[Mapping[str, Any]], axes: str, size: int) -> np.ndarray:
    """(decisions, features). Vectors on other axes than these, of `size` numbers, tell nothing and count as 0."""
    rows = np.zeros((len(inputs), len(NAMED) + size))
    for row, told in zip(rows, inputs, strict=True):
        row[: len(NAMED)] = [float(told.get(name) or 0.0) for name in NAMED]
        vector = told.get("vector") or ()
        if told.get("axes") == axes and len(vector) == size:
            row[len(NAMED) :] = vector
    return rows


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)
