"""Pages of campaigns: what is open, checking in, drawing, and proving that draws were fair."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import LinkedAccount
from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, own_account, signed_in
from campaigns import audience, showing
from campaigns.campaign_api import open_to
from campaigns.draw_api import proof_answer
from campaigns.fairness import terms
from campaigns.fairness.drawing import NONCE
from campaigns.forms import ParcelForm
from campaigns.models import Campaign, CampaignKind, CampaignState, Draw, LeftLeaderboard, Parcel, RewardKind
from campaigns.refusals import Refusal
from campaigns.services import chances, checking_in, drawing
from crossmarket.foundation.problems import Problem

OWN_DRAWS = 10


@never_cache
@require_safe
def campaigns(request: PageRequest) -> HttpResponse:
    """What is open to whoever looks."""
    account = own_account(request)
    found = open_to(account) if account else _open_to_everybody()
    return render(request, "campaigns/campaigns.html", {"campaigns": found})


@never_cache
@require_safe
def campaign(request: PageRequest, campaign_id: UUID) -> HttpResponse:
    """One campaign, with the person's own progress."""
    found = _found(campaign_id)
    account = own_account(request)
    if account is not None:
        audience.meet(found, account)
    return render(request, f"campaigns/{found.kind}_page.html", _shown(found, account))


@signed_in
@require_POST
def check_in(request: LearnerRequest, campaign_id: UUID) -> HttpResponse:
    """Today's check-in."""
    account = house_account(request.user)
    try:
        made = checking_in.check_in(account.platform, account.external_id, campaign_id)
    except Refusal as refused:
        return _changed(request, campaign_id, account, refused=refused)
    return _changed(request, campaign_id, account, made=made)


@signed_in
@require_POST
def make_up(request: LearnerRequest, campaign_id: UUID) -> HttpResponse:
    """A missed day."""
    account = house_account(request.user)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
        made = checking_in.make_up(account.platform, account.external_id, campaign_id, day)
    except ValueError:
        raise Http404 from None
    except Refusal as refused:
        return _changed(request, campaign_id, account, refused=refused)
    return _changed(request, campaign_id, account, made=made)


@signed_in
@require_POST
def leaderboard(request: LearnerRequest, campaign_id: UUID) -> HttpResponse:
    """Be shown among the others, or not any more."""
    account, found = house_account(request.user), _found(campaign_id)
    if "shown" in request.POST:
        LeftLeaderboard.objects.filter(campaign=found, account__person_id=account.person_id).delete()
    else:
        LeftLeaderboard.objects.get_or_create(campaign=found, account=account)
    return _changed(request, campaign_id, account)


@signed_in
@require_POST
def draw(request: LearnerRequest, campaign_id: UUID) -> HttpResponse:
    """One draw."""
    account = house_account(request.user)
    nonce = request.POST.get("nonce", "")
    try:
        if not NONCE.fullmatch(nonce):
            raise Http404
        drawn = drawing.draw(account.platform, account.external_id, campaign_id, nonce)
    except Refusal as refused:
        return _changed(request, campaign_id, account, refused=refused)
    return _changed(request, campaign_id, account, drawn=drawn)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def parcel(request: LearnerRequest, campaign_id: UUID, number: int) -> HttpResponse:
    """Where a prize is to be sent; it can be changed until it is on its way."""
    account = house_account(request.user)
    won = Draw.objects.filter(campaign=campaign_id, number=min(number, 2**63 - 1), prize__reward=RewardKind.PHYSICAL)
    won = won.filter(entrant__account__person_id=account.person_id).select_related("prize", "campaign")
    made = get_object_or_404(won)
    sent = Parcel.objects.filter(draw=made).first() or Parcel(draw=made, account=account)
    form = ParcelForm(request.POST or None, instance=sent)
    if request.method == "POST" and sent.sent_at is None and form.is_valid():
        form.save()
        messages.success(request, _("We know where to send it."))
        return redirect("campaigns:campaign", campaign_id)
    context = {"form": form, "draw": made, "is_sent": sent.sent_at is not None}
    return render(request, "campaigns/parcel.html", context)


@require_safe
def proof(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """The proof as the partner API gives it, for everybody."""
    try:
        return proof_answer(request, campaign_id)
    except Problem as problem:
        return problem.response()


@require_safe
def verify(request: PageRequest, campaign_id: UUID) -> HttpResponse:
    """A page that computes all draws again in the browser."""
    found = _found(campaign_id)
    if found.kind != CampaignKind.LOTTERY:
        raise Http404
    context = {"campaign": found, "commitment": terms.commitment(found.lottery_plan.seed)}
    return render(request, "campaigns/verify.html", {**context, "is_over": found.state == CampaignState.ENDED})


def _found(campaign_id: UUID) -> Campaign:
    rows = Campaign.objects.published().select_related("experiment", "check_in_plan", "lottery_plan")
    found = rows.prefetch_related("platforms", "segments", "milestones", "prizes").filter(pk=campaign_id).first()
    if found is None:
        raise Http404
    return found


def _open_to_everybody() -> list[Campaign]:
    rows = Campaign.objects.open_at(timezone.now()).filter(segments=None, platforms=None)
    return list(rows.order_by("ends_at", "created_at"))


def _changed(request: LearnerRequest, campaign_id: UUID, account: LinkedAccount, **what: Any) -> HttpResponse:
    """The part of the page that has changed; without htmx, the whole page with a message."""
    found = _found(campaign_id)
    if request.htmx:
        return render(request, f"campaigns/{found.kind}.html", {**_shown(found, account), **what})
    if refused := what.get("refused"):
        messages.error(request, refused.in_words())
    return redirect("campaigns:campaign", campaign_id)


def _shown(found: Campaign, account: LinkedAccount | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"campaign": found, "why_not": _why_not(found, account)}
    if found.kind == CampaignKind.CHECK_IN:
        return shown | _check_ins(found, account)
    return shown | _lottery(found, account)


def _why_not(found: Campaign, account: LinkedAccount | None) -> str:
    try:
        audience.check_time(found, timezone.now())
        if account is not None:
            audience.check(found, account, timezone.now())
    except Refusal as refused:
        return refused.in_words()
    return ""


def _check_ins(found: Campaign, account: LinkedAccount | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"places": showing.leaderboard(found, account)}
    if account is None:
        return shown
    progress = checking_in.progress(found, account)
    left = LeftLeaderboard.objects.filter(campaign=found, account__person_id=account.person_id)
    return shown | {"progress": progress, "weeks": showing.month(found, progress), "is_shown": not left.exists()}


def _lottery(found: Campaign, account: LinkedAccount | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "slices": showing.wheel(found),
        "odds": showing.odds(found),
        "commitment": terms.commitment(found.lottery_plan.seed),
    }
    if account is not None:
        chances.collect(found, account)
        own = Draw.objects.filter(campaign=found, entrant__account__person_id=account.person_id)
        shown |= {
            "remaining": chances.left(found, account, found.day_of(timezone.now())),
            "own_draws": own.select_related("prize", "entrant").order_by("-number")[:OWN_DRAWS],
        }
    return shown
