"""What a person has and may claim."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import LinkedAccount
from promotions import checkout, scope
from promotions.checkout import Found, Refused
from promotions.models import CodeKind, Coupon, CouponBatch, CouponState
from promotions.pricing.benefits import WHOLE, BenefitKind

TYPICAL_PRICE = 10_000
"""What shares are compared with amounts on, in minor units."""


@dataclass(frozen=True)
class Usable:
    """A coupon that the person has (with its code), or may claim (`code` is None)."""

    batch: CouponBatch
    code: str | None
    expires_at: datetime | None


def usable(account: LinkedAccount) -> list[Usable]:
    """What the person can use on the platform of this account, the coupons they have first, then by what they give."""
    now = timezone.now()
    held = list(_held(account, now))
    have = {each.batch.pk for each in held}
    claimable = [each for each in _claimable(account, now) if each.batch.pk not in have]
    return sorted(held, key=_worth, reverse=True) + sorted(claimable, key=_worth, reverse=True)


def _held(account: LinkedAccount, now: datetime) -> Iterator[Usable]:
    coupons = Coupon.objects.filter(holder__person_id=account.person_id, state=CouponState.HELD, is_used=False)
    coupons = coupons.exclude(expires_at__lte=now).filter(batch__in=CouponBatch.objects.open_at(now))
    batches = CouponBatch.objects.with_segments().prefetch_related("segments")
    for coupon in coupons.prefetch_related(Prefetch("batch", batches)):
        found = Found(coupon.code or coupon.batch.shared_code, coupon.batch, coupon)
        if _works(account, found, now):
            ends = [at for at in (coupon.expires_at, coupon.batch.ends_at) if at]
            yield Usable(coupon.batch, found.code, min(ends, default=None))


def _claimable(account: LinkedAccount, now: datetime) -> Iterator[Usable]:
    for batch in CouponBatch.objects.open_at(now).with_segments().prefetch_related("segments"):
        is_left = batch.code_kind == CodeKind.SHARED or Coupon.objects.free_of(batch).exists()
        if is_left and _works(account, Found("", batch, None), now):
            yield Usable(batch, None, batch.ends_at)


def _works(account: LinkedAccount, found: Found, now: datetime) -> bool:
    platforms = scope.read(found.batch.scope).platforms
    if platforms and account.platform.slug not in platforms:
        return False
    try:
        checkout.check_person(account.platform, account, found, now)
    except Refused:
        return False
    return True


def _worth(offer: Usable) -> int:
    """About what it takes off a course of a typical price."""
    batch = offer.batch
    match batch.benefit:
        case BenefitKind.PERCENT:
            share = TYPICAL_PRICE * batch.value // WHOLE
            return share if batch.cap is None else min(share, batch.cap)
        case BenefitKind.AMOUNT:
            return min(batch.value, TYPICAL_PRICE)
        case _:
            return max(0, TYPICAL_PRICE - batch.value)
