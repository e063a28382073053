"""What is kept of a segment, made readable: differences in words, overlaps, and its place in the RFM grid."""

from dataclasses import dataclass

from babel.numbers import get_currency_precision
from django.urls import reverse
from django.utils.translation import gettext as _

from profiles.models import Segment, SegmentKind
from profiles.profiling.sources import usual_currency
from profiles.segmentation.comparing import Difference, Figures
from profiles.segmentation.naming import name_of
from profiles.segmentation.rfm import GRID, key_of
from profiles.segmentation.traits import TRAITS, Kind

LONGEST_BAR = 1.5
"""The bar of a difference of so many standard deviations fills its half of the picture."""
MOST_OVERLAPS = 12
BEST = 5
"""The best score; the least is 1."""


@dataclass(frozen=True)
class Bar:
    """One row of the chart: what differs, both figures in words, and the bar (length from 0 to 1)."""

    label: str
    words: str
    deviation: float
    length: float

    @property
    def shown(self) -> str:
        """The difference with its sign."""
        return f"{self.deviation:+.2f}".replace("-", "−")


@dataclass(frozen=True)
class SharedWith:
    """Another segment, and how many persons belong to both, also in percent of each."""

    name: str
    url: str
    persons: int
    of_this: int
    of_other: int


@dataclass(frozen=True)
class Block:
    """A group of cells of the RFM grid: so many scores high and wide, and the segment it is."""

    rows: int
    columns: int
    name: str
    url: str
    persons: int
    strength: float
    is_own: bool


def differences(figures: Figures) -> list[Bar]:
    """The rows of the chart, the largest differences first."""
    currency = usual_currency()
    return [_bar(each, currency) for each in figures.differences]


def shared(segment: Segment, figures: Figures) -> list[SharedWith]:
    """The other segments with the most persons in common."""
    found = figures.overlaps[:MOST_OVERLAPS]
    others = {each.key: each for each in Segment.objects.filter(key__in=[each.segment for each in found])}
    return [
        SharedWith(
            name_of(others[each.segment]),
            reverse("admin:profiles_segment_change", args=[others[each.segment].pk]),
            each.persons,
            round(100 * each.share),
            _percent(each.persons, others[each.segment].size),
        )
        for each in found
        if each.segment in others
    ]


def grid(segment: Segment) -> list[list[Block]]:
    """The RFM grid as rows of a table, the best recency above and the best frequency on the right.

    A block stands where its upper left cell is. Empty unless all groups of cells are there.
    """
    every = {each.key: each for each in Segment.objects.filter(kind=SegmentKind.RFM)}
    if any(key_of(cell) not in every for cell in GRID):
        return []
    densities = {cell: every[key_of(cell)].size / _cells(cell) for cell in GRID}
    most = max(densities.values()) or 1.0
    rows: list[list[Block]] = [[] for _score in range(BEST)]
    for cell in sorted(GRID, key=lambda name: GRID[name][1][0]):
        (low, high), (rare, often) = GRID[cell]
        each = every[key_of(cell)]
        url = reverse("admin:profiles_segment_change", args=[each.pk])
        size = (high - low + 1, often - rare + 1)
        block = Block(*size, name_of(each), url, each.size, densities[cell] / most, each.pk == segment.pk)
        rows[BEST - high].append(block)
    return rows


def _cells(cell: str) -> int:
    (low, high), (rare, often) = GRID[cell]
    return (high - low + 1) * (often - rare + 1)


def _bar(difference: Difference, currency: str) -> Bar:
    own, everyone = (_value(difference, value, currency) for value in (difference.members, difference.everyone))
    words = _("%(own)s, everyone %(all)s") % {"own": own, "all": everyone}
    length = min(abs(difference.effect) / LONGEST_BAR, 1.0)
    return Bar(_label(difference), words, difference.effect, round(length, 3))


def _label(difference: Difference) -> str:
    trait = TRAITS.get(difference.trait)
    if trait is None:
        return str(difference.value)
    if difference.value is None:
        return str(trait.words)
    value = dict(trait.choices).get(difference.value, difference.value)
    return _("%(trait)s: %(value)s") % {"trait": trait.words, "value": value}


def _value(difference: Difference, value: float, currency: str) -> str:
    kind = TRAITS[difference.trait].kind if difference.value is None else Kind.SHARE
    if kind is Kind.SHARE:
        return f"{value:.0%}"
    if kind is Kind.MONEY:
        return f"{value / 10 ** get_currency_precision(currency):,.0f} {currency}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _percent(part: int, whole: int) -> int:
    return min(round(100 * part / whole), 100) if whole else 0
