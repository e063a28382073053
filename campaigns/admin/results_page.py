"""The page of a campaign's results, and of a lottery what it would give before it starts."""

import csv
from typing import Any

import numpy as np
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from campaigns import result_words, reward_words
from campaigns.fairness import terms
from campaigns.fairness.simulating import Outcome, simulate
from campaigns.fairness.terms import NOTHING, Terms
from campaigns.models import Campaign, CampaignKind, Draw, Parcel
from campaigns.results import results_of
from campaigns.services import publishing_terms

DRAWS, ROUNDS, PEOPLE, A_DAY = 100_000, 5, 10_000, 2_000
MOST_ROWS = 100_000
MAY_SEE_ADDRESSES = "campaigns.view_parcel"


def results_page(request: HttpRequest, object_id: str) -> HttpResponse:
    """What came of it; `?simulate=1` also draws a hundred thousand times by made-up people."""
    campaign = _campaign(request, object_id)
    results = results_of(campaign)
    context = {
        **admin.site.each_context(request),
        "title": _("Results of %(campaign)s") % {"campaign": campaign},
        "campaign": campaign,
        "opts": Campaign._meta,  # noqa: SLF001 Django's own public name
        "results": results,
        "sentences": result_words.in_words(results),
        "overlapping": Campaign.objects.overlapping(campaign)[:20],
    }
    if campaign.kind == CampaignKind.LOTTERY:
        context |= {"prizes": _prizes(campaign), "drawn": campaign.lottery_plan.drawn}
        if "simulate" in request.GET:
            context["simulation"] = _simulation(campaign)
    return render(request, "admin/campaigns/campaign/results.html", context)


def winners(request: HttpRequest, object_id: str) -> HttpResponse:
    """Who won what, as CSV; names and addresses only for those who may see parcels."""
    campaign = _campaign(request, object_id)
    may_see = request.user.has_perm(MAY_SEE_ADDRESSES)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="winners-{campaign.pk}.csv"'
    response.write("\ufeff")
    rows = csv.writer(response)
    rows.writerow(["number", "drawn_at", "prize", "entrant", "platform", "user_id", "recipient", "phone", "address"])
    won = Draw.objects.filter(campaign=campaign, prize__isnull=False).select_related(
        "prize", "entrant__account__platform"
    )
    parcels = {parcel.draw_id: parcel for parcel in Parcel.objects.filter(draw__campaign=campaign)}
    for draw in won.order_by("number")[:MOST_ROWS].iterator(2_000):
        rows.writerow([_safe(each) for each in _row(draw, parcels.get(draw.pk), may_see)])
    return response


def _row(draw: Draw, parcel: Parcel | None, may_see: bool) -> list[str]:
    account = draw.entrant.account
    user_id = account.external_id if account else ""
    sent = [parcel.recipient, parcel.phone, parcel.address] if parcel else ["", "", ""]
    return [
        str(draw.number),
        draw.drawn_at.isoformat(),
        draw.prize.name if draw.prize else "",
        draw.entrant.alias,
        account.platform.slug if account else "",
        user_id if may_see else _masked(user_id),
        *(sent if may_see else [_masked(each) for each in sent]),
    ]


def _masked(text: str) -> str:
    return f"{text[:1]}***" if text else ""


def _safe(text: str) -> str:
    """Spreadsheets compute what begins like a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _campaign(request: HttpRequest, object_id: str) -> Campaign:
    if not (request.user.has_perm("campaigns.view_campaign") or request.user.has_perm("campaigns.change_campaign")):
        raise PermissionDenied
    rows = Campaign.objects.select_related("experiment", "check_in_plan", "lottery_plan").prefetch_related("prizes")
    return get_object_or_404(rows, pk=object_id)


def _prizes(campaign: Campaign) -> list[dict[str, Any]]:
    drawn = campaign.lottery_plan.drawn
    return [
        {
            "name": prize.name,
            "gives": reward_words.of_plan(prize),
            "odds": f"{share * 100:.3g}%",
            "won": prize.given,
            "share": f"{prize.given / drawn * 100:.3g}%" if drawn else "-",
            "left": "-" if prize.stock is None else prize.stock - prize.given,
        }
        for prize, share in reward_words.odds_of(campaign)
    ]


def _simulation(campaign: Campaign) -> dict[str, Any]:
    plan = campaign.lottery_plan
    promised = terms.read(plan.terms) if plan.terms else publishing_terms.terms_of(campaign, plan)
    outcomes = [simulate(promised, DRAWS, PEOPLE, A_DAY, seed) for seed in range(ROUNDS)]
    names = {NOTHING: _("nothing")} | {prize.key: prize.name for prize in promised.prizes}
    return {
        "draws": DRAWS,
        "rounds": ROUNDS,
        "rows": [_simulated(names[key], key, outcomes) for key in names],
        "points": _range([outcome.points for outcome in outcomes]),
        "over": _over_budget(promised, outcomes),
    }


def _simulated(name: str, key: int, outcomes: list[Outcome]) -> dict[str, Any]:
    sold_out = [outcome.sold_out[key] / A_DAY for outcome in outcomes if key in outcome.sold_out]
    return {
        "name": name,
        "won": _range([outcome.won[key] for outcome in outcomes]),
        "sold_out": _("after about %(days).0f days") % {"days": np.mean(sold_out)} if sold_out else "-",
        "percent": round(float(np.mean([outcome.won[key] for outcome in outcomes])) / DRAWS * 100, 2),
    }


def _over_budget(promised: Terms, outcomes: list[Outcome]) -> str:
    if promised.points_budget is None:
        return _("There is no budget in points.")
    dearest = max((prize.points for prize in promised.prizes), default=0)
    spent = sum(outcome.points + dearest > promised.points_budget for outcome in outcomes)
    return _("The budget was used up in %(times)d of %(rounds)d simulations; it is never exceeded.") % {
        "times": spent,
        "rounds": ROUNDS,
    }


def _range(values: list[int]) -> str:
    return f"{min(values):,}-{max(values):,}" if min(values) != max(values) else f"{values[0]:,}"
