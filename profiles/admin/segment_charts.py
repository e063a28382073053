"""The charts of a segment: how many belong to it day by day, and who came and went."""

import json
from collections.abc import Sequence

from django.utils import formats
from django.utils.translation import gettext as _

from profiles.segmentation.trends import Day

COMMON = {"displayYAxis": True, "maxTicksXLimit": 10}


def size_chart(days: Sequence[Day]) -> str:
    """A line of sizes as Chart.js takes it."""
    line = {"label": _("persons"), "data": [each.size for each in days], "borderColor": "var(--color-primary-500)"}
    return _chart(days, [line])


def movement_chart(days: Sequence[Day]) -> str | None:
    """Bars of who entered (up) and left (down); None when nobody did."""
    if not any(each.entered or each.left for each in days):
        return None
    entered = {"label": _("entered"), "data": [each.entered for each in days]}
    left = {"label": _("left"), "data": [-each.left for each in days]}
    bars = {"maxBarThickness": 18, "borderRadius": 2, "stack": "movement"}
    return _chart(
        days,
        [
            entered | bars | {"backgroundColor": "var(--color-primary-500)"},
            left | bars | {"backgroundColor": "var(--color-base-400)"},
        ],
    )


def _chart(days: Sequence[Day], datasets: list[dict[str, object]]) -> str:
    labels = [formats.date_format(each.day, "m-d") for each in days]
    return json.dumps({"labels": labels, "datasets": [dataset | COMMON for dataset in datasets]})
