"""What groups of people were offered: how often, and how much, so that one sees whom a program passes over."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, F, Q
from django.db.models.fields.json import KeyTextTransform

from promotions.models import OfferProgram
from promotions.pricing.benefits import WHOLE

LEAST_SHOWN = 5
"""Smaller groups tell of single persons and are left out."""


@dataclass(frozen=True)
class Group:
    """People of whom something was decided: how many decisions, which share gave something, and its mean discount."""

    name: str
    decisions: int
    offered: float
    discount: float | None
    bought: float


def groups_of(program: OfferProgram) -> dict[str, list[Group]]:
    """By platform, spending tier, and whether they had bought before; keys are `platform`, `tier` and `regular`."""
    ways: dict[str, Any] = {
        "platform": F("account__platform__name"),
        "tier": KeyTextTransform("tier", "inputs"),
        "regular": KeyTextTransform("regular", "inputs"),
    }
    return {key: _groups(program, way) for key, way in ways.items()}


def _groups(program: OfferProgram, way: Any) -> list[Group]:
    rows = (
        program.offers.order_by()
        .annotate(group_name=way)
        .values("group_name")
        .annotate(
            decisions=Count("pk"),
            offered=Count("pk", filter=Q(level__gt=0)),
            discount=Avg("level", filter=Q(level__gt=0)),
            bought=Count("pk", filter=Q(outcome="bought")),
        )
    )
    return [
        Group(
            str(row["group_name"] or ""),
            row["decisions"],
            row["offered"] / row["decisions"],
            None if row["discount"] is None else float(row["discount"]) / WHOLE,
            row["bought"] / row["decisions"],
        )
        for row in rows.order_by("group_name")
        if row["decisions"] >= LEAST_SHOWN
    ]
