"""Pages of coupons that people give to each other."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, own_account, signed_in
from promotions.models import Coupon
from promotions.services import claiming, gifting


@never_cache
@require_safe
def gift(request: PageRequest, token: str) -> HttpResponse:
    """What is given, for whoever follows the link; who gives it may take it back here."""
    account = own_account(request)
    try:
        given = gifting.find(token)
    except gifting.NoSuchGift:
        return render(request, "promotions/gift.html", {"token": token}, status=404)
    is_own = account is not None and given.giver.person_id == account.person_id
    link = request.build_absolute_uri()
    return render(request, "promotions/gift.html", {"gift": given, "token": token, "is_own": is_own, "link": link})


@signed_in
@require_POST
def give(request: LearnerRequest, coupon_id: int) -> HttpResponse:
    """Make a link with which somebody else gets the coupon."""
    account = house_account(request.user)
    coupon = get_object_or_404(Coupon, pk=min(coupon_id, 2**63 - 1), holder__person_id=account.person_id)
    try:
        return redirect("promotions:gift", gifting.token_of(gifting.give(coupon, account)))
    except gifting.CannotGive as refused:
        messages.error(request, str(refused))
        return redirect("promotions:wallet")


@signed_in
@require_POST
def accept(request: LearnerRequest, token: str) -> HttpResponse:
    """It becomes the person's own."""
    try:
        gifting.accept(token, house_account(request.user))
    except gifting.NoSuchGift:
        return redirect("promotions:gift", token)
    except claiming.CannotClaim as refused:
        messages.error(request, refused.refusal.in_words())
        return redirect("promotions:gift", token)
    messages.success(request, _("The coupon is yours now."))
    return redirect("promotions:wallet")


@signed_in
@require_POST
def take_back(request: LearnerRequest, token: str) -> HttpResponse:
    """Nobody can accept it any more."""
    try:
        gifting.take_back(token, house_account(request.user))
    except gifting.NoSuchGift:
        return redirect("promotions:gift", token)
    messages.success(request, _("You have taken the gift back."))
    return redirect("promotions:wallet")
