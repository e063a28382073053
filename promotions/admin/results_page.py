"""The page of what came of a batch: its funnel, by channel and by day."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats
from django.utils.translation import gettext as _

from promotions.funnel import Funnel, Stages, funnel_of
from promotions.models import CouponBatch
from promotions.return_words import return_words
from promotions.returns import return_of

WHOLE = 100
COLOURS = {"claimed": "#2563eb", "committed": "#15803d", "lost": "#d97706"}
"""Readable on light and dark."""


def results_page(request: HttpRequest, model_admin: Any, batch_id: UUID) -> HttpResponse:
    """The page."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    batch = get_object_or_404(CouponBatch, pk=batch_id)
    found = funnel_of(batch)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("What came of “%(batch)s”") % {"batch": batch},
        "opts": model_admin.opts,
        "batch": batch,
        "funnel": found,
        "steps": steps(found.together),
        "channels": found.channels if len(found.channels) > 1 or any(name for name, _each in found.channels) else [],
        "series": list(zip(_titles().values(), COLOURS.values(), strict=True)),
        "chart": funnel_chart(found),
        **_return(batch, request.GET.get("margin", "")),
    }
    return render(request, "admin/promotions/couponbatch/results.html", context)


def steps(stages: Stages) -> list[tuple[str, int | None, str, int]]:
    """Each stage: words, how many, the rate in words, and the width of its bar in percent of the widest."""
    rows = [
        (_("issued"), stages.issued, None, ""),
        (_("claimed"), stages.claimed, stages.claimed_share, _("of those issued")),
        (_("reserved"), stages.reserved, stages.reserved_share, _("of those claimed")),
        (_("paid for"), stages.committed, stages.committed_share, _("of those reserved")),
        (_("reserved now"), stages.open, None, ""),
        (_("ran out"), stages.expired, stages.expired_share, _("of those reserved")),
        (_("given back or refunded"), stages.given_back, stages.given_back_share, _("of those reserved")),
    ]
    widest = max([1, *(count or 0 for _title, count, _rate, _of in rows)])
    return [
        (title, count, f"{100 * rate:.1f} % {of}" if rate is not None else "", round(100 * (count or 0) / widest))
        for title, count, rate, of in rows
    ]


def funnel_chart(found: Funnel) -> str | None:
    """Bars by day as Chart.js takes them; None when nothing happened."""
    if not any(day.claimed or day.committed or day.lost for day in found.days):
        return None
    shape = {"displayYAxis": True, "maxTicksXLimit": 10, "maxBarThickness": 12, "borderRadius": 0}
    datasets = [
        {"label": title, "data": [getattr(day, name) for day in found.days], "backgroundColor": COLOURS[name], **shape}
        for name, title in _titles().items()
    ]
    labels = [formats.date_format(day.day, "m-d") for day in found.days]
    return json.dumps({"labels": labels, "datasets": datasets})


def _return(batch: CouponBatch, asked: str) -> dict[str, Any]:
    """What is told of the return, with the margin that was asked for in percent."""
    margin = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else WHOLE
    margin = max(1, min(margin, WHOLE))
    found = return_of(batch, margin / WHOLE)
    if found is None:
        return {"margin": margin}
    return {"margin": margin, "brought": found, "brought_words": return_words(found, batch.currency)}


def _titles() -> dict[str, str]:
    return {
        "claimed": _("claimed"),
        "committed": _("reserved that day and paid for"),
        "lost": _("reserved that day and not paid for"),
    }
