"""The RFM grid as segments: groups of cells by how lately and how often people came, each person in exactly one."""

from django.db import transaction

from profiles.models import Segment, SegmentKind
from profiles.segmentation import keeping
from profiles.segmentation.rule import AllOf, Condition, TraitIs, document

GRID: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "champions": ((5, 5), (4, 5)),
    "loyal": ((3, 4), (4, 5)),
    "potential": ((4, 5), (2, 3)),
    "new": ((5, 5), (1, 1)),
    "promising": ((4, 4), (1, 1)),
    "attention": ((3, 3), (3, 3)),
    "falling_asleep": ((3, 3), (1, 2)),
    "cannot_lose": ((1, 2), (5, 5)),
    "at_risk": ((1, 2), (3, 4)),
    "hibernating": ((2, 2), (1, 2)),
    "lost": ((1, 1), (1, 2)),
}
"""Each group's lowest and highest score of recency and of frequency, from 1 to 5. Together they are all 25 cells."""


def key_of(cell: str) -> str:
    """The key of the segment of a group of cells."""
    return f"rfm-{cell.replace('_', '-')}"


def rule_of(cell: str) -> Condition:
    """The rule of a group of cells."""
    conditions = []
    for trait, (lowest, highest) in zip(("rfm.recency_score", "rfm.frequency_score"), GRID[cell], strict=True):
        conditions += [TraitIs(trait, ">=", lowest), TraitIs(trait, "<=", highest)]
    return AllOf(tuple(conditions))


@transaction.atomic
def lay_grid(to_worker: bool = True) -> list[Segment]:
    """The segments of all groups of cells; those not there yet are made, and their members found by jobs."""
    made = {segment.key: segment for segment in Segment.objects.filter(kind=SegmentKind.RFM)}
    for cell in GRID:
        if key_of(cell) not in made:
            rule, told = document(rule_of(cell)), {"cell": cell}
            segment = Segment(key=key_of(cell), kind=SegmentKind.RFM, rule=rule, told=told)
            keeping.save(segment, to_worker)
            made[segment.key] = segment
    return [made[key_of(cell)] for cell in GRID]
