"""The chart of data quality: which share of what came on each day was no good, and why."""

import json
from dataclasses import dataclass

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles.cleaning.steps import LEAVING_OUT
from profiles.quality import Report

COLOURS = ("#d97706", "#2563eb", "#9333ea")
"""One for each step of `LEAVING_OUT`, readable on light and dark."""
REFUSED_COLOUR = "#dc2626"


@dataclass(frozen=True)
class Series:
    """One part of the bars."""

    title: Promise
    colour: str


SERIES = [
    *(Series(step.title, colour) for step, colour in zip(LEAVING_OUT, COLOURS, strict=True)),
    Series(_("refused"), REFUSED_COLOUR),
]


def quality_chart(found: Report) -> str | None:
    """Bars of percents as Chart.js takes them, one on another; None when nothing came."""
    if not found.together.came:
        return None
    columns: list[list[float]] = [[] for _series in SERIES]
    for _day, quality in found.days:
        for column, events in zip(columns, [*quality.left_out, quality.refused], strict=True):
            column.append(round(100 * events / quality.came, 3) if quality.came else 0.0)
    axis = {"stack": "day", "displayYAxis": True, "suffixYAxis": "%", "maxTicksXLimit": 10}
    shape = axis | {"maxBarThickness": 24, "borderRadius": 0}
    datasets = [
        {"label": str(series.title), "data": column, "backgroundColor": series.colour, **shape}
        for series, column in zip(SERIES, columns, strict=True)
    ]
    labels = [formats.date_format(day, "m-d") for day, _quality in found.days]
    return json.dumps({"labels": labels, "datasets": datasets})
