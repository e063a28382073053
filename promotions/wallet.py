"""What a person has and may claim."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import LinkedAccount, Platform
from promotions import checkout, offer_words, scope
from promotions.checkout import Refused
from promotions.finding import Found
from promotions.models import CodeKind, Coupon, CouponBatch, CouponState
from promotions.pricing.benefits import WHOLE, Benefit, BenefitKind
from promotions.services import meeting

TYPICAL_PRICE = 10_000
"""What shares are compared with amounts on, in minor units."""


@dataclass(frozen=True)
class Usable:
    """A coupon that the person has (with its code), or may claim (`code` is None)."""

    batch: CouponBatch
    code: str | None
    expires_at: datetime | None
    coupon: Coupon | None = None

    @property
    def gives(self) -> Benefit:
        """What it gives."""
        return self.batch.gives if self.coupon is None else self.coupon.gives_of(self.batch)

    @property
    def item_id(self) -> str | None:
        """The one course that it is for; None for more."""
        course = self.coupon.only_course if self.coupon else None
        return course.item_id if course else None

    @property
    def reason(self) -> str | None:
        """Why a personal offer was made, in the active language; None for other coupons."""
        return offer_words.of_coupon(self.coupon) if self.coupon else None


def usable(account: LinkedAccount) -> list[Usable]:
    """What the person can use on the platform of this account, the coupons they have first, then by what they give."""
    now = timezone.now()
    held = list(_held(account, now))
    have = {each.batch.pk for each in held}
    claimable = [each for each in _claimable(account, account.platform, now) if each.batch.pk not in have]
    return sorted(held, key=_worth, reverse=True) + sorted(claimable, key=_worth, reverse=True)


def open_to_anybody(platform: Platform) -> list[Usable]:
    """What somebody who is not known could claim on the platform: nothing that is for certain people."""
    offers = [each for each in _claimable(None, platform, timezone.now()) if not each.batch.segment_ids]
    return sorted(offers, key=_worth, reverse=True)


def _held(account: LinkedAccount, now: datetime) -> Iterator[Usable]:
    coupons = Coupon.objects.filter(holder__person_id=account.person_id, state=CouponState.HELD, is_used=False)
    coupons = coupons.exclude(expires_at__lte=now).filter(batch__in=CouponBatch.objects.open_at(now))
    batches = CouponBatch.objects.with_segments().prefetch_related("segments")
    for coupon in coupons.select_related("only_course__platform", "offer").prefetch_related(Prefetch("batch", batches)):
        found = Found(coupon.code or coupon.batch.shared_code, coupon.batch, coupon)
        if _works(account, account.platform, found, now):
            ends = [at for at in (coupon.expires_at, coupon.batch.ends_at) if at]
            yield Usable(coupon.batch, found.code, min(ends, default=None), coupon)


def _claimable(account: LinkedAccount | None, platform: Platform, now: datetime) -> Iterator[Usable]:
    for batch in CouponBatch.objects.open_at(now).with_segments().prefetch_related("segments"):
        meeting.meet(account, [batch])
        is_left = batch.code_kind == CodeKind.SHARED or Coupon.objects.free_of(batch).exists()
        if is_left and _works(account, platform, Found("", batch, None), now):
            yield Usable(batch, None, batch.ends_at)


def _works(account: LinkedAccount | None, platform: Platform, found: Found, now: datetime) -> bool:
    platforms = scope.read(found.batch.scope).platforms
    if platforms and platform.slug not in platforms:
        return False
    course = found.coupon.only_course if found.coupon else None
    if course is not None and course.platform_id != platform.pk:
        return False
    try:
        checkout.check_person(platform, account, found, now)
    except Refused:
        return False
    return True


def _worth(offer: Usable) -> int:
    """About what it takes off a course of a typical price."""
    gives, price = offer.gives, _price(offer.coupon)
    match gives.kind:
        case BenefitKind.PERCENT:
            share = price * gives.value // WHOLE
            return share if gives.cap is None else min(share, gives.cap)
        case BenefitKind.AMOUNT:
            return min(gives.value, price)
        case _:
            return max(0, price - gives.value)


def _price(coupon: Coupon | None) -> int:
    """Of the one course that a coupon is for, else a typical one."""
    course = coupon.only_course if coupon else None
    return course.price if course is not None and course.price is not None else TYPICAL_PRICE
