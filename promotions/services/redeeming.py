"""Reserving coupons for an order, committing them when it is paid, and giving them back.

Rows are locked in one order by everybody: the person, the redemption, the batches by key, the coupons by key.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from accounts.services import changes
from promotions import checkout, finding
from promotions.checkout import Quote
from promotions.models import Redemption, RedemptionState, Use
from promotions.pricing.order import Order
from promotions.reasons import Reason, Refusal
from promotions.services import counting, meeting, refunding
from promotions.services.person_holding import hold_person

COMMITTED = changes.declare("redemption.committed", _("Coupons used"))

AT_ONCE = 200
SCARCE = {Reason.EXHAUSTED, Reason.BUDGET_EXHAUSTED, Reason.ALREADY_USED}
"""What reservations that are over, but not yet given back, may be the cause of."""


class CannotRedeem(Exception):
    """Some codes do not work; nothing was reserved."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(f"{each.code}: {each.reason}" for each in refusals))
        self.refusals = list(refusals)


class AlreadyEnded(Exception):
    """The redemption was given back or has expired, and cannot be committed any more."""


def validate(platform: Platform, external_id: str, typed: Sequence[str], order: Order) -> Quote:
    """What the codes would take off now, and why others do not work; changes nothing but reservations that are over."""
    account = LinkedAccount.objects.filter(platform=platform, external_id=external_id).first()
    quote = _asked(platform, account, typed, order, lock=False)
    if _may_be_freed(quote.refusals) and release_overdue(_batches_of(typed)):
        quote = _asked(platform, account, typed, order, lock=False)
    return quote


def reserve(platform: Platform, external_id: str, typed: Sequence[str], order: Order) -> Redemption:
    """Set the coupons aside for an order, all or none. Raises `CannotRedeem`."""
    return reserve_uses(platform, external_id, typed, order)[0]


def reserve_uses(
    platform: Platform, external_id: str, typed: Sequence[str], order: Order
) -> tuple[Redemption, list[Use]]:
    """The same, with the uses in their order, which need not be read again so."""
    try:
        return _reserve(platform, external_id, typed, order)
    except CannotRedeem as refused:
        _meet_again(platform, external_id, typed)
        if not (_may_be_freed(refused.refusals) and release_overdue(_batches_of(typed))):
            raise
    return _reserve(platform, external_id, typed, order)


@transaction.atomic
def commit(redemption_id: UUID, platform: Platform) -> Redemption:
    """The order is paid. Said twice, it counts once.

    A word that comes after the reservation has ended still counts while nobody was given what it holds.
    Raises `AlreadyEnded`, and `Redemption.DoesNotExist`.
    """
    held = _held(redemption_id, platform)
    if held.state == RedemptionState.COMMITTED:
        return held
    if held.state != RedemptionState.RESERVED:
        raise AlreadyEnded(f"This redemption is {held.get_state_display()}.")
    held.state, held.ended_at = RedemptionState.COMMITTED, timezone.now()
    held.save(update_fields=["state", "ended_at"])
    refunding.tell(COMMITTED, held)
    return held


@transaction.atomic
def roll_back(redemption_id: UUID, platform: Platform) -> Redemption:
    """The order was dropped, or paid back as a whole: the coupons can be used again. Said twice, it counts once.

    Of an order that was paid, what was not refunded yet is refunded, and batches may say that coupons stay used.

    Raises `Redemption.DoesNotExist`.
    """
    held = _held(redemption_id, platform)
    if held.state in (RedemptionState.ROLLED_BACK, RedemptionState.EXPIRED):
        return held
    if held.state == RedemptionState.COMMITTED:
        refunding.refund_rest(held)
    else:
        counting.give_back([held], RedemptionState.ROLLED_BACK)
    refunding.tell(refunding.ROLLED_BACK, held)
    return held


@transaction.atomic
def release_overdue(batch_ids: Iterable[UUID] | None = None) -> int:
    """Give back what reservations hold that are over, of these batches or of all; returns how many there were.

    Reservations that somebody is working on are left alone. At most `AT_ONCE` at a time.
    """
    overdue = Redemption.objects.overdue(timezone.now())
    if batch_ids is not None:
        overdue = overdue.filter(pk__in=Use.objects.filter(batch__in=list(batch_ids), counts=True).values("redemption"))
    held = list(overdue.order_by("pk").select_for_update(skip_locked=True, no_key=True)[:AT_ONCE])
    if held:
        counting.give_back(held, RedemptionState.EXPIRED)
    return len(held)


@transaction.atomic
def _reserve(platform: Platform, external_id: str, typed: Sequence[str], order: Order) -> tuple[Redemption, list[Use]]:
    begun = timezone.now()
    account = hold_person(platform, external_id)
    quote = _asked(platform, account, typed, order, lock=True, is_new=account.created_at >= begun)
    if quote.refusals or not quote.applied:
        raise CannotRedeem(quote.refusals)
    now = timezone.now()
    redemption = Redemption(
        platform=platform,
        account=account,
        order_id=order.order_id,
        currency=order.currency,
        amount=order.amount,
        discount=quote.discount,
        lines=[[line.item_id, line.price, line.quantity] for line in order.lines],
        expires_at=now + timedelta(seconds=settings.RESERVATION_SECONDS),
        created_at=now,
    )
    uses = [
        Use(
            redemption=redemption,
            batch=found.batch,
            coupon=found.coupon,
            code=found.code,
            place=place,
            amount=applied.amount,
            discounts=list(applied.discounts),
            day=checkout.today(found.batch, now),
        )
        for place, (found, applied) in enumerate(quote.applied)
    ]
    counting.set_aside(redemption, uses)
    return redemption, uses


def _asked(
    platform: Platform,
    account: LinkedAccount | None,
    typed: Sequence[str],
    order: Order,
    lock: bool,
    is_new: bool = False,
) -> Quote:
    found, unknown = finding.find(typed, lock, account.person_id if account else None)
    meeting.meet(None if is_new else account, [each.batch for each in found])
    quote = checkout.quote(platform, account, order, found, timezone.now(), is_new)
    return Quote(order, quote.applied, [*unknown, *quote.refusals])


def _meet_again(platform: Platform, external_id: str, typed: Sequence[str]) -> None:
    """What was noted of meeting batches went with the transaction that was refused."""
    batches = [found.batch for found in finding.find(typed)[0] if found.batch.experiment_id]
    if batches:
        meeting.meet(LinkedAccount.objects.filter(platform=platform, external_id=external_id).first(), batches)


def _held(redemption_id: UUID, platform: Platform) -> Redemption:
    return Redemption.objects.select_for_update(no_key=True).get(pk=redemption_id, platform=platform)


def _may_be_freed(refusals: Sequence[Refusal]) -> bool:
    return any(refusal.reason in SCARCE for refusal in refusals)


def _batches_of(typed: Sequence[str]) -> list[UUID]:
    return [found.batch.pk for found in finding.find(typed)[0]]
