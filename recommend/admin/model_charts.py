"""The charts of models and of searches, as Chart.js takes them."""

import json
from typing import Any

from django.utils.translation import gettext as _

from recommend.models import ModelVersion, Search

STRONG, FAINT = "var(--color-primary-500)", "var(--color-base-400)"
COMMON = {"displayYAxis": True, "tension": 0.2, "maxTicksXLimit": 10}


def loss_chart(version: ModelVersion) -> str | None:
    """The losses by epoch; None for a model without a curve."""
    curve = version.loss_curve
    if not curve:
        return None
    lines = ((_("training"), "training_loss", STRONG), (_("validation"), "validation_loss", FAINT))
    datasets = [
        _line(label, [point.get(name) for point in curve], colour)
        for label, name, colour in lines
        if any(point.get(name) is not None for point in curve)
    ]
    return _chart([point["epoch"] for point in curve], datasets)


def curve_chart(version: ModelVersion) -> str | None:
    """Precision at each level of recall, of lists ever longer, in percent; beside it the champion's of then."""
    own = version.report.get("curve")
    if not own:
        return None
    labels = [f"{100 * recall:.1f} %" for _k, _precision, recall in own]
    datasets = [_line(str(version), [_percent(precision) for _k, precision, _recall in own], STRONG)]
    theirs = (version.comparison.get("report") or {}).get("curve")
    if theirs:
        levels = [recall for _k, _precision, recall in own]
        datasets.append(_line(version.comparison["champion"], _at_levels(theirs, levels), FAINT))
    return _chart(labels, [dataset | {"suffixYAxis": " %"} for dataset in datasets])


def search_chart(search: Search) -> str | None:
    """NDCG@10 of each trial, the best so far, and what it began from; None before the first."""
    trials = search.trials
    if not trials:
        return None
    best: list[float | None] = []
    for trial in trials:
        reached = trial["ndcg"] if trial["state"] == "done" else None
        before = best[-1] if best else None
        best.append(max((each for each in (before, reached) if each is not None), default=None))
    datasets = [
        _line(_("best so far"), best, STRONG),
        _line(_("before"), [search.baseline] * len(trials), FAINT),
    ]
    return _chart([trial["number"] + 1 for trial in trials], datasets)


def _at_levels(curve: list[list[float]], levels: list[float]) -> list[float | None]:
    """The precision of another model's curve where it first reaches each level of recall; None where it does not."""
    found: list[float | None] = []
    for level in levels:
        reached = next((precision for _k, precision, recall in curve if recall >= level), None)
        found.append(None if reached is None else _percent(reached))
    return found


def _percent(share: float) -> float:
    return round(100 * share, 3)


def _line(label: str, data: list[Any], colour: str) -> dict[str, Any]:
    return {"label": label, "data": data, "borderColor": colour, **COMMON}


def _chart(labels: list[Any], datasets: list[dict[str, Any]]) -> str:
    return json.dumps({"labels": labels, "datasets": datasets})
