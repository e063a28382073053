"""The pages of claim links."""

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, signed_in
from promotions.models import ClaimLink, CouponBatch
from promotions.services import claiming

SEEN = "claim_links"
"""In the session: when the browser first opened each link, until somebody signs in."""


@never_cache
@require_safe
def claim_link(request: PageRequest, token: str) -> HttpResponse:
    """The rule in words, and the button that claims."""
    link = _link(token)
    _note_opened(request, link)
    _note_registered(request, link)
    is_open = CouponBatch.objects.open_at(timezone.now()).filter(pk=link.batch_id).exists()
    return render(request, "promotions/claim_link.html", {"link": link, "batch": link.batch, "is_open": is_open})


@signed_in
@require_POST
def claim_by_link(request: LearnerRequest, token: str) -> HttpResponse:
    """A coupon, noted for the link's channel; or why there is none."""
    link, account = _link(token), house_account(request.user)
    _note_registered(request, link)
    coupon, refusal = None, ""
    try:
        coupon, _new = claiming.claim(account.platform, account.external_id, link.batch_id, channel=link.channel)
    except claiming.CannotClaim as refused:
        refusal = refused.refusal.in_words()
    told = {"link": link, "batch": link.batch, "is_open": True, "coupon": coupon, "refusal": refusal}
    return render(request, "promotions/claim_link.html", told)


def _link(token: str) -> ClaimLink:
    links = ClaimLink.objects.filter(batch__in=CouponBatch.objects.published())
    return get_object_or_404(links.select_related("batch"), token=token)


def _note_opened(request: PageRequest, link: ClaimLink) -> None:
    """Once for each browser."""
    seen = request.session.get(SEEN, {})
    if link.token not in seen:
        request.session[SEEN] = {**seen, link.token: timezone.now().isoformat()}
        ClaimLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1)


def _note_registered(request: PageRequest, link: ClaimLink) -> None:
    """Whether whoever is signed in now made their account after this browser had opened the link; counted once."""
    since = parse_datetime(request.session.get(SEEN, {}).get(link.token) or "")
    if since is None or not request.user.is_authenticated or request.user.date_joined < since:
        return
    request.session[SEEN] = {**request.session[SEEN], link.token: ""}
    ClaimLink.objects.filter(pk=link.pk).update(registered=F("registered") + 1)
