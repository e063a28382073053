"""What a person sees of their coupons: what can be used, what ends soon, what was used, and what is over."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import LinkedAccount, Platform
from profiles.models import Course
from promotions import checkout, scope
from promotions.checkout import Refused
from promotions.finding import Found
from promotions.models import BatchState, CodeKind, Coupon, CouponBatch, CouponState, RedemptionState, Use
from promotions.pricing.order import Line, Order
from promotions.services import meeting

SOON = timedelta(days=3)
MOST_SHOWN = 100


@dataclass(frozen=True)
class OwnCoupon:
    """A coupon that the person has. where: the platforms on which it can be used; empty for all."""

    batch: CouponBatch
    code: str
    ends_at: datetime | None
    where: list[str]
    coupon: Coupon


@dataclass
class Wallet:
    """The person's coupons, those that end first coming first."""

    soon: list[OwnCoupon] = field(default_factory=list)
    usable: list[OwnCoupon] = field(default_factory=list)
    over: list[OwnCoupon] = field(default_factory=list)
    used: list[Use] = field(default_factory=list)


@dataclass(frozen=True)
class BestPrice:
    """What a course costs the person. coupons: the batches that make it so, in the order in which they count."""

    price: int
    amount: int
    currency: str
    coupons: list[CouponBatch]


def wallet_of(account: LinkedAccount) -> Wallet:
    """All coupons of the person behind this account, of whichever of their accounts."""
    now = timezone.now()
    names = dict(Platform.objects.values_list("slug", "name"))
    wallet = Wallet(used=list(_used(account)))
    for coupon in _held(account):
        own = _own(coupon, names)
        if own.batch.state == BatchState.ENDED or (own.ends_at and own.ends_at <= now):
            wallet.over.append(own)
        elif own.ends_at and own.ends_at <= now + SOON:
            wallet.soon.append(own)
        else:
            wallet.usable.append(own)
    far = now + timedelta(days=36_500)
    for group in (wallet.soon, wallet.usable):
        group.sort(key=lambda each: each.ends_at or far)
    return wallet


def claimable(account: LinkedAccount | None) -> list[CouponBatch]:
    """The batches of which this person, or a visitor, may claim a coupon now, on whichever platform it is good."""
    now = timezone.now()
    have = _batches_held(account) if account else set()
    batches = CouponBatch.objects.open_at(now).with_segments().prefetch_related("segments").order_by("ends_at", "name")
    return [batch for batch in batches if batch.pk not in have and _may_claim(batch, account, now)][:MOST_SHOWN]


def best_price(account: LinkedAccount | None, course: Course) -> BestPrice | None:
    """What the course costs with the person's own coupons; None where it has no price."""
    if course.price is None:
        return None
    order = Order("", course.currency, (Line(course.item_id, course.price, 1),))
    found = [
        Found(coupon.code or coupon.batch.shared_code, coupon.batch, coupon) for coupon in _working(account, course)
    ]
    if not found or not course.price:
        return BestPrice(course.price, course.price, course.currency, [])
    quote = checkout.best(course.platform, account, order, found, timezone.now())
    batches = [each.batch for each, _applied in quote.applied]
    return BestPrice(course.price, course.price - quote.discount, course.currency, batches)


def _held(account: LinkedAccount) -> Iterable[Coupon]:
    batches = CouponBatch.objects.with_segments().prefetch_related("segments")
    held = Coupon.objects.filter(holder__person_id=account.person_id, state=CouponState.HELD, is_used=False)
    return (
        held.select_related("only_course__platform", "offer")
        .prefetch_related(Prefetch("batch", batches))
        .order_by("claimed_at", "pk")[:MOST_SHOWN]
    )


def _working(account: LinkedAccount | None, course: Course) -> list[Coupon]:
    """Of the person's coupons, each batch's first that is live, and all made for this very course.

    The platform of an order decides the rest.
    """
    if account is None:
        return []
    first: dict[object, Coupon] = {}
    for coupon in _held(account):
        is_here = coupon.only_course_id in (None, course.pk)
        if coupon.batch.state == BatchState.LIVE and is_here:
            is_own = coupon.own_value is not None or coupon.only_course_id is not None
            first.setdefault(coupon.pk if is_own else coupon.batch_id, coupon)
    return list(first.values())


def _used(account: LinkedAccount) -> Iterable[Use]:
    uses = Use.objects.filter(
        redemption__account__person_id=account.person_id, redemption__state=RedemptionState.COMMITTED
    )
    return uses.select_related("batch", "redemption__platform").order_by("-redemption__created_at")[:MOST_SHOWN]


def _own(coupon: Coupon, names: dict[str, str]) -> OwnCoupon:
    batch = coupon.batch
    ends_at = min((at for at in (coupon.expires_at, batch.ends_at) if at), default=None)
    where = [names.get(slug, slug) for slug in scope.read(batch.scope).platforms]
    if coupon.only_course is not None:
        where = [coupon.only_course.platform.name]
    return OwnCoupon(batch, coupon.code or batch.shared_code, ends_at, where, coupon)


def _batches_held(account: LinkedAccount) -> set[object]:
    held = Coupon.objects.filter(holder__person_id=account.person_id, state=CouponState.HELD, is_used=False)
    return set(held.values_list("batch", flat=True))


def _may_claim(batch: CouponBatch, account: LinkedAccount | None, now: datetime) -> bool:
    if batch.code_kind == CodeKind.UNIQUE and not Coupon.objects.free_of(batch).exists():
        return False
    if account is None:
        return not batch.segment_ids and (batch.limit_total is None or batch.used < batch.limit_total)
    meeting.meet(account, [batch])
    try:
        checkout.check_person(account.platform, account, Found("", batch, None), now)
    except Refused:
        return False
    return True
