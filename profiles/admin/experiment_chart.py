"""The chart of an experiment: how the lift of an arm and its interval came about, day by day."""

import json
from collections.abc import Iterable
from datetime import date

import numpy as np
from django.utils import formats
from django.utils.translation import gettext as _

from profiles.experiment_words import is_relative
from profiles.experimentation.comparison import Comparison

INTERVAL = "rgba(148, 163, 184, .25)"
"""The shade between the bounds; readable on light and dark."""


def lift_chart(days: Iterable[date], series: Comparison) -> str | None:
    """Three lines as Chart.js takes them, the upper bound shaded down to the lower; None before there is an interval.

    In percent of the control's mean where there is a lift to tell of, else in units of the outcome.
    """
    if not series.low.size or np.isnan(series.low).all():
        return None
    relative = is_relative(series)
    lines = (
        (series.lift_low, series.lift_high, series.lift) if relative else (series.low, series.high, series.difference)
    )
    faint, strong = "var(--color-base-400)", "var(--color-primary-500)"
    words = (_("lower bound"), _("upper bound"), _("lift") if relative else _("difference"))
    datasets = [
        {"label": words[0], "data": _points(lines[0], relative), "borderColor": faint, "borderWidth": 1},
        {"label": words[1], "data": _points(lines[1], relative), "borderColor": faint, "borderWidth": 1, "fill": "-1"}
        | {"backgroundColor": INTERVAL},
        {"label": words[2], "data": _points(lines[2], relative), "borderColor": strong},
    ]
    common = {"displayYAxis": True, "tension": 0.2} | ({"suffixYAxis": "%"} if relative else {})
    labels = [formats.date_format(day, "m-d") for day in days]
    return json.dumps({"labels": labels, "datasets": [dataset | common for dataset in datasets]})


def _points(values: np.ndarray, relative: bool) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value) * (100 if relative else 1), 4) for value in values]
