"""Claiming coupons: one of a batch becomes somebody's own."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from accounts.services import changes
from accounts.services.changes import News
from profiles.models import Course
from promotions import checkout, codes
from promotions.checkout import Refused
from promotions.finding import Found
from promotions.models import BatchState, CodeKind, Coupon, CouponBatch, CouponState, Gift
from promotions.reasons import Reason, Refusal
from promotions.services import meeting, redeeming
from promotions.services.person_holding import hold_person

CLAIMED = changes.declare("coupon.claimed", _("Coupon claimed"))


class CannotClaim(Exception):
    """The batch gives this person no coupon; nothing was claimed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal.reason))
        self.refusal = refusal


def claim(platform: Platform, external_id: str, batch_id: UUID, channel: str = "") -> tuple[Coupon, bool]:
    """A coupon of the batch for this user, and whether it is new: who has one that can be used is given that again.

    Raises `CannotClaim`.
    """
    try:
        return _claim(platform, external_id, batch_id, channel)
    except CannotClaim as refused:
        _meet_again(platform, external_id, batch_id)
        if refused.refusal.reason not in redeeming.SCARCE or not redeeming.release_overdue([batch_id]):
            raise
    return _claim(platform, external_id, batch_id, channel)


@transaction.atomic
def _claim(platform: Platform, external_id: str, batch_id: UUID, channel: str) -> tuple[Coupon, bool]:
    begun = timezone.now()
    account = hold_person(platform, external_id)
    batch = CouponBatch.objects.published().with_segments().filter(pk=batch_id, offer_program=None).first()
    if batch is None:
        raise CannotClaim(Refusal("", Reason.NOT_FOUND))
    now = timezone.now()
    own = _usable(account, batch, now)
    if own is not None:
        return own, False
    is_new = account.created_at >= begun
    meeting.meet(None if is_new else account, [batch])
    check(platform, account, batch, now, is_new)
    return _hand_over(_taken(batch), account, channel), True


def _meet_again(platform: Platform, external_id: str, batch_id: UUID) -> None:
    """What was noted of meeting the batch went with the claim that was refused."""
    batches = CouponBatch.objects.published().filter(pk=batch_id, experiment__isnull=False).with_segments()
    if batch := batches.select_related("experiment").first():
        meeting.meet(LinkedAccount.objects.filter(platform=platform, external_id=external_id).first(), [batch])


@transaction.atomic
def give(account: LinkedAccount, batch_id: UUID, channel: str = "") -> Coupon:
    """A coupon of the batch as a reward: always a new one, and made where none is free. The caller holds the person.

    Raises `CannotClaim` for a batch that gives no coupons now.
    """
    batch = CouponBatch.objects.open_at(timezone.now()).filter(pk=batch_id).first()
    if batch is None:
        raise CannotClaim(Refusal("", Reason.NOT_FOUND))
    try:
        coupon = _taken(batch)
    except CannotClaim:
        coupon = Coupon(batch=batch, code=codes.generate_many(1)[0])
    return _hand_over(coupon, account, channel)


@transaction.atomic
def give_own(account: LinkedAccount, batch_id: UUID, value: int, course: Course, channel: str = "") -> Coupon:
    """A new coupon of the batch with a value of its own, for one course. The caller holds the person.

    Raises `CannotClaim` for a batch that gives no coupons now, and ValueError for a value that means nothing.
    """
    batch = CouponBatch.objects.open_at(timezone.now()).filter(pk=batch_id, code_kind=CodeKind.UNIQUE).first()
    if batch is None:
        raise CannotClaim(Refusal("", Reason.NOT_FOUND))
    coupon = Coupon(batch=batch, code=codes.generate_many(1)[0], own_value=value, only_course=course)
    coupon.gives_of(batch)
    return _hand_over(coupon, account, channel)


def _hand_over(coupon: Coupon, account: LinkedAccount, channel: str) -> Coupon:
    batch, now = coupon.batch, timezone.now()
    coupon.state, coupon.holder, coupon.claimed_at, coupon.channel = CouponState.HELD, account, now, channel
    if batch.days_after_claim is not None:
        coupon.expires_at = now + timedelta(days=batch.days_after_claim)
    coupon.save()
    told = {"batch_id": str(batch.pk), "code": coupon.code or batch.shared_code}
    changes.record([News(account.platform_id, CLAIMED, account.external_id, told)])
    return coupon


def _usable(account: LinkedAccount, batch: CouponBatch, now: datetime) -> Coupon | None:
    """The coupon of the batch that the person has, on whichever account, and may still use."""
    own = Coupon.objects.filter(batch=batch, holder__person_id=account.person_id, state=CouponState.HELD, is_used=False)
    return own.exclude(expires_at__lte=now).order_by("claimed_at", "pk").first()


def check(platform: Platform, account: LinkedAccount, batch: CouponBatch, now: datetime, is_new: bool = False) -> None:
    """Raises `CannotClaim` for whatever would keep the person from using a coupon of this batch on any order."""
    held = Coupon.objects.filter(batch=batch, holder__person_id=account.person_id, state=CouponState.HELD).count()
    given = Gift.objects.accepted().filter(coupon__batch=batch, giver__person_id=account.person_id).count()
    if batch.limit_person is not None and held + given >= batch.limit_person:
        raise CannotClaim(Refusal("", Reason.ALREADY_USED, {"limit": batch.limit_person}))
    try:
        checkout.check_person(platform, account, Found("", batch, None), now, is_new)
    except Refused as refused:
        raise CannotClaim(Refusal("", refused.reason, refused.facts)) from None


def _taken(batch: CouponBatch) -> Coupon:
    """A coupon that is nobody's yet, and that nobody else is just taking. Raises `CannotClaim`."""
    if batch.code_kind == CodeKind.SHARED:
        return Coupon(batch=batch)
    free = Coupon.objects.free_of(batch).order_by("pk").select_for_update(skip_locked=True, no_key=True)
    coupon = free.first()
    if coupon is None or batch.state == BatchState.ENDED:
        raise CannotClaim(Refusal("", Reason.EXHAUSTED))
    return coupon
