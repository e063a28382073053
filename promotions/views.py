"""Pages on which people find, claim and keep coupons."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import LinkedAccount
from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, own_account, signed_in
from profiles.models import Course
from promotions import own_wallet
from promotions.models import CouponBatch, Entry
from promotions.services import claiming, points

ENTRIES_SHOWN = 20


@signed_in
@never_cache
@require_safe
def wallet(request: LearnerRequest) -> HttpResponse:
    """The person's coupons and points, of all their platforms."""
    account = house_account(request.user)
    return render(
        request,
        "promotions/wallet.html",
        {
            "wallet": own_wallet.wallet_of(account),
            "points": points.balance(account),
            "entries": _entries(account),
        },
    )


@never_cache
@require_safe
def offers(request: PageRequest) -> HttpResponse:
    """What can be claimed now."""
    batches = own_wallet.claimable(own_account(request))
    return render(request, "promotions/offers.html", {"batches": batches})


@signed_in
@require_POST
def claim(request: LearnerRequest, batch_id: UUID) -> HttpResponse:
    """Claim one; the answer stands where the offer stood."""
    account = house_account(request.user)
    batch = get_object_or_404(CouponBatch.objects.published(), pk=batch_id)
    coupon, refusal = None, ""
    try:
        coupon, _is_new = claiming.claim(account.platform, account.external_id, batch_id, channel="claim centre")
    except claiming.CannotClaim as refused:
        refusal = refused.refusal.in_words()
    if not request.htmx:
        return redirect("promotions:wallet" if coupon else "promotions:offers")
    return render(request, "promotions/offer.html", {"batch": batch, "coupon": coupon, "refusal": refusal})


@never_cache
@require_safe
def price(request: PageRequest, pk: int) -> HttpResponse:
    """What a course costs whoever looks, as a part of its page."""
    course = get_object_or_404(Course.objects.listed().select_related("platform"), pk=min(pk, 2**63 - 1))
    if not request.htmx:
        return redirect("profiles:course", pk)
    account = own_account(request)
    return render(request, "promotions/price.html", {"course": course, "best": own_wallet.best_price(account, course)})


def _entries(account: LinkedAccount) -> list[Entry]:
    own = Entry.objects.filter(purse__holder__person_id=account.person_id).select_related("transfer")
    return list(own.order_by("-pk")[:ENTRIES_SHOWN])
