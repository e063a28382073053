"""The page of a program's backtest, beside the same coupon for everybody and none, and of whom it offered what."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from crossmarket.foundation.money import in_words as money
from promotions.models import OfferProgram
from promotions.personal.backtest import Backtest, Estimate, Tried, backtest
from promotions.personal.fairness import Group, groups_of

COLOUR = "#2563eb"
"""Readable on light and dark."""


def report_page(request: HttpRequest, model_admin: Any, program_id: UUID) -> HttpResponse:
    """The page."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    program = get_object_or_404(OfferProgram.objects.select_related("batch"), pk=program_id)
    found = backtest(program)
    context = {
        **admin.site.each_context(request),
        "title": _("Backtest and fairness of “%(program)s”") % {"program": program},
        "opts": model_admin.opts,
        "program": program,
        "found": found,
        "ways": [_row(each, program.batch.currency) for each in found.tried],
        "chart": _chart(found) if found.tried else None,
        "fairness": [(title, _rows(key, groups)) for key, title, groups in _fairness(program)],
    }
    return render(request, "admin/promotions/offerprogram/report.html", context)


def _name(tried: Tried) -> str:
    if tried.level is None:
        return _("learned offers")
    if tried.level == 0:
        return _("no coupon")
    return _("%(share)s%% off for everybody") % {"share": f"{tried.level / 100:g}"}


def _row(tried: Tried, currency: str) -> dict[str, Any]:
    def words(estimate: Estimate) -> str:
        value, low, high = (money(round(each), currency) for each in (estimate.value, estimate.low, estimate.high))
        return f"{value} ({low} – {high})"

    bought = f"{tried.bought.value:.0f} ({max(tried.bought.low, 0):.0f} – {tried.bought.high:.0f})"
    gain, cost = words(tried.gain), words(tried.cost)
    return {"name": _name(tried), "gain": gain, "cost": cost, "bought": bought, "matching": tried.matching}


def _chart(found: Backtest) -> str:
    """Bars as Chart.js takes them: the margin that each way earns beyond offering nothing, with its bounds."""
    common = {"displayYAxis": True, "maxBarThickness": 40, "borderRadius": 0}
    parts = (
        (_("lower bound"), "#94a3b8", lambda each: each.gain.low),
        (_("margin beyond no coupon, by 1,000 people"), COLOUR, lambda each: each.gain.value),
        (_("upper bound"), "#94a3b8", lambda each: each.gain.high),
    )
    datasets = [
        {"label": label, "data": [round(read(each) / 100, 2) for each in found.tried], "backgroundColor": colour}
        | common
        for label, colour, read in parts
    ]
    return json.dumps({"labels": [_name(each) for each in found.tried], "datasets": datasets})


def _fairness(program: OfferProgram) -> list[tuple[str, str, list[Group]]]:
    titles = {"platform": _("platform"), "tier": _("spending"), "regular": _("newcomers and regulars")}
    return [(key, titles[key], groups) for key, groups in groups_of(program).items()]


def _rows(key: str, groups: list[Group]) -> list[dict[str, Any]]:
    words = {
        "tier": {"low": _("low"), "mid": _("middle"), "high": _("high"), "": _("not known")},
        "regular": {"0": _("newcomers"), "1": _("regulars")},
    }.get(key, {})
    return [
        {
            "name": words.get(each.name, each.name),
            "decisions": each.decisions,
            "offered": f"{100 * each.offered:.1f} %",
            "discount": "-" if each.discount is None else f"{100 * each.discount:.1f} %",
            "bought": f"{100 * each.bought:.1f} %",
        }
        for each in groups
    ]
