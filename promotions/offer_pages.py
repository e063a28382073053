"""The page that says how personal offers are made, and the switch with which a person turns them off."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, signed_in
from promotions.models import Offer, OfferProgram, ProgramState
from promotions.pricing.benefits import WHOLE
from promotions.services.offer_choices import choose, wants_offers

OFFERS_SHOWN = 20


@never_cache
@require_safe
def rules(request: PageRequest) -> HttpResponse:
    """By which rules personal offers are made, with those of the programs that run."""
    running = OfferProgram.objects.filter(state=ProgramState.RUNNING).prefetch_related("platforms").order_by("name")
    programs = [
        {"name": each.name, "most": max(each.levels) / 100, "chance": each.exploration * 100 / WHOLE, "program": each}
        for each in running
    ]
    return render(request, "promotions/offer_rules.html", {"programs": programs})


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: LearnerRequest) -> HttpResponse:
    """The switch, and what was decided about the person so far."""
    account = house_account(request.user)
    saved = request.method == "POST"
    if saved:
        choose(account, request.POST.get("wanted") == "on")
        if not request.htmx:
            return redirect("promotions:personal_offers")
    own = Offer.objects.filter(account__person_id=account.person_id).select_related("course", "coupon")
    context = {"wanted": wants_offers(account), "saved": saved, "offers": own.given()[:OFFERS_SHOWN]}
    page = "promotions/offer_choice.html" if request.htmx else "promotions/personal_offers.html"
    return render(request, page, context)
