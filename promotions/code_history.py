"""What became of a code: its batch, whose it is, what happened with it, and why it does not work now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from promotions import checkout, codes
from promotions.checkout import Check
from promotions.finding import Found
from promotions.models import BatchState, Coupon, CouponBatch, CouponState, Redemption, RedemptionState, Use
from promotions.pricing.order import Order
from promotions.reasons import Reason, Refusal

LATEST = 50
"""So many uses of a code are told."""

ENDED: dict[str, Promise] = {
    RedemptionState.COMMITTED: _("used: the order was paid"),
    RedemptionState.ROLLED_BACK: _("given back"),
    RedemptionState.EXPIRED: _("the reservation ran out"),
}


@dataclass(frozen=True)
class Happening:
    """One thing that happened with a code. amount: what was taken off, in minor units, where there was an order."""

    at: datetime
    what: Promise
    account: LinkedAccount | None = None
    redemption: Redemption | None = None
    amount: int | None = None


@dataclass(frozen=True)
class CodeFound:
    """A code and what became of it; `coupon` is None where everybody uses the same code.

    reasons: why it does not work now for its holder, or for anybody where it has none; empty where it works.
    more: whether there are more happenings than are told.
    """

    code: str
    batch: CouponBatch
    coupon: Coupon | None
    happenings: list[Happening]
    reasons: list[Refusal]
    more: bool


def look_up(typed: str) -> CodeFound | None:
    """What a code stands for, also while its batch is a draft and after it has ended; None for nothing."""
    code = codes.normal(typed)
    coupon = Coupon.objects.filter(code=code).select_related("holder__platform").first() if code else None
    batches = CouponBatch.objects.with_segments()
    if coupon is not None:
        batch = batches.get(pk=coupon.batch_id)
    else:
        shared = batches.filter(shared_code=code).exclude(shared_code="")
        found = shared.exclude(state=BatchState.ENDED).first() or shared.order_by("-created_at").first()
        if found is None:
            return None
        batch = found
    happenings = sorted(_happenings(code, batch, coupon), key=lambda each: each.at)
    has_more = _uses(code, batch)[LATEST : LATEST + 1].exists()
    return CodeFound(code, batch, coupon, happenings, _reasons(code, batch, coupon), has_more)


def _happenings(code: str, batch: CouponBatch, coupon: Coupon | None) -> Iterator[Happening]:
    yield Happening(coupon.created_at if coupon else batch.created_at, _("came into being"))
    if coupon is not None and coupon.claimed_at:
        yield Happening(coupon.claimed_at, _("claimed"), coupon.holder)
    for use in _uses(code, batch)[:LATEST]:
        redemption = use.redemption
        yield Happening(redemption.created_at, _("reserved for an order"), redemption.account, redemption, use.amount)
        if redemption.state in ENDED:
            at = redemption.ended_at or redemption.expires_at
            yield Happening(at, ENDED[redemption.state], redemption.account, redemption, use.amount)


def _uses(code: str, batch: CouponBatch) -> QuerySet[Use]:
    uses = Use.objects.filter(batch=batch, code=code).select_related("redemption__account__platform")
    return uses.order_by("-redemption__created_at", "-pk")


def _reasons(code: str, batch: CouponBatch, coupon: Coupon | None) -> list[Refusal]:
    if batch.state in (BatchState.DRAFT, BatchState.REVIEW) or (coupon and coupon.state == CouponState.REVOKED):
        return [Refusal(code, Reason.NOT_FOUND)]
    holder = coupon.holder if coupon else None
    order = Order("", batch.currency, ())
    platform = holder.platform if holder else Platform()
    answers = checkout.checked(platform, holder, order, Found(code, batch, coupon), timezone.now())
    # Of somebody not known nothing can be said but whether it is for anybody.
    told = [answer for check, answer in answers if holder is not None or check not in (Check.PERSON, Check.HOLDOUT)]
    return [answer for answer in told if answer is not None]
