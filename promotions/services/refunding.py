"""Refunds of orders that were paid with coupons, of some units or of all.

Rows are locked in the order that everybody keeps: the redemption, the batches by key, the coupons by key.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import Platform
from accounts.services import changes
from accounts.services.changes import News
from crossmarket.foundation import audit
from crossmarket.foundation.audit import Actor
from promotions.models import Redemption, RedemptionState, Refund, RefundLine, Use
from promotions.pricing.refunds import Bought, Returned, returned, together
from promotions.services import counting

REFUNDED = changes.declare("redemption.refunded", gettext_lazy("Order with coupons paid back"))
ROLLED_BACK = changes.declare("redemption.rolled_back", gettext_lazy("Coupons given back"))
PAID_BACK = gettext_noop("paid back")
CHANGED = "changed_meanwhile"
"""Why those who look at an old page are refused, which no platform can do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units that come back: of a line by its place, or of an item, whichever lines have some left, the first first.

    Of an order without items, minor units of its amount: units of its line 0.
    """

    units: int
    line: int | None = None
    item_id: str = ""


class CannotRefund(Exception):
    """So much cannot go back; nothing did. `code` says why to programs, `place` which of what was wanted."""

    def __init__(self, code: str, words: str, place: int | None = None) -> None:
        super().__init__(words)
        self.code, self.place = code, place


class NotPaid(Exception):
    """The redemption is not committed, or has gone back as a whole."""


@dataclass
class Paid:
    """An order with coupons: each line as it was paid for, and what has gone back of it."""

    redemption: Redemption
    uses: list[Use]
    lines: list[Bought]
    back: list[Returned]

    @property
    def is_all_back(self) -> bool:
        """Whether nothing is left to go back."""
        return all(back.units == line.units for line, back in zip(self.lines, self.back, strict=True))

    @property
    def left(self) -> int:
        """The money that can still go back."""
        return sum(line.paid - back.amount for line, back in zip(self.lines, self.back, strict=True))


def paid_of(redemption: Redemption) -> Paid:
    """What was paid and what has gone back of it until now."""
    uses = list(redemption.uses.order_by("place"))
    lines = [_bought(row, index, uses) for index, row in enumerate(redemption.lines)]
    parts: list[list[Returned]] = [[] for _line in lines]
    for row in RefundLine.objects.filter(refund__redemption=redemption).order_by("pk"):
        parts[row.line].append(Returned(row.units, row.amount, tuple(row.discounts)))
    return Paid(redemption, uses, lines, [together(each, line) for each, line in zip(parts, lines, strict=True)])


def worked_out(paid: Paid, wanted: Sequence[Wanted]) -> dict[int, Returned]:
    """What would go back of each line. Raises `CannotRefund`."""
    units: Counter[int] = Counter()
    for place, each in enumerate(wanted):
        _share_out(paid, each, place, units)
    if not units:
        raise CannotRefund("nothing_returned", _("Say what comes back."))
    return {line: returned(paid.lines[line], paid.back[line], count) for line, count in sorted(units.items())}


@transaction.atomic
def refund(
    redemption_id: UUID,
    platform: Platform,
    wanted: Sequence[Wanted],
    actor: Actor = None,
    known: int | None = None,
) -> Refund:
    """Units of a paid order come back: tell what goes back for them, and let batches have the discount of these again.

    When nothing is left, the redemption is rolled back. actor: who did it at the desk. known: how many refunds they
    knew of; with others meanwhile, nothing is done.
    Raises `CannotRefund`, `NotPaid` and `Redemption.DoesNotExist`.
    """
    held = Redemption.objects.select_for_update(no_key=True).get(pk=redemption_id, platform=platform)
    if held.state != RedemptionState.COMMITTED:
        raise NotPaid(_("This redemption is %(state)s.") % {"state": held.get_state_display()})
    if known is not None and known != held.refunds.count():
        raise CannotRefund(CHANGED, _("Something else came back meanwhile. Look at what is left now."))
    paid = paid_of(held)
    made = _pay_back(paid, worked_out(paid, wanted))
    tell(REFUNDED, held, refund_id=str(made.pk), amount=made.amount, discount=made.discount)
    if paid.is_all_back:
        _end(paid)
        tell(ROLLED_BACK, held)
    if actor is not None:
        before, amount = held.refunded - made.amount, held.refunded
        audit.record("promotions.redemption", held.pk, actor, PAID_BACK, {PAID_BACK: [before, amount]})
    return made


def refund_rest(held: Redemption) -> None:
    """All that is left of a committed redemption, which the caller holds, comes back."""
    paid = paid_of(held)
    pairs = enumerate(zip(paid.lines, paid.back, strict=True))
    left = {index: line.units - back.units for index, (line, back) in pairs}
    parts = {index: returned(paid.lines[index], paid.back[index], units) for index, units in left.items() if units}
    _pay_back(paid, parts)
    _end(paid)


def tell(change: str, redemption: Redemption, **more: object) -> None:
    """Tell the platform, where somebody is behind the redemption still."""
    account = redemption.account
    if account is None:
        return
    told = {
        "redemption_id": str(redemption.pk),
        "order_id": redemption.order_id,
        "discount": redemption.discount,
        "currency": redemption.currency,
        **more,
    }
    changes.record([News(redemption.platform_id, change, account.external_id, told)])


def is_one_sum(redemption: Redemption) -> bool:
    """Whether the order names no items, so that what comes back is told as a sum."""
    return len(redemption.lines) == 1 and redemption.lines[0][0] == ""


def _bought(row: Sequence, index: int, uses: Iterable[Use]) -> Bought:
    item_id, price, quantity = row
    discounts = tuple(use.discounts[index] for use in uses)
    return Bought(price, quantity, discounts) if item_id else Bought(1, price * quantity, discounts)


def _share_out(paid: Paid, wanted: Wanted, place: int, units: Counter[int]) -> None:
    """Add what is wanted to the units of lines that have some left. Raises `CannotRefund`."""
    places = _places(paid.redemption, wanted)
    if not places:
        raise CannotRefund("not_in_order", _("This is not in the order."), place)
    more = wanted.units
    left = {line: paid.lines[line].units - paid.back[line].units - units[line] for line in places}
    if more > sum(left.values()):
        words = _("Only %(left)d of it are left to come back.") % {"left": sum(left.values())}
        raise CannotRefund("more_than_bought", words, place)
    for line in places:
        taken = min(more, left[line])
        if taken:
            units[line] += taken
        more -= taken


def _places(redemption: Redemption, wanted: Wanted) -> list[int]:
    if wanted.line is not None:
        return [wanted.line] if 0 <= wanted.line < len(redemption.lines) else []
    return [index for index, row in enumerate(redemption.lines) if row[0] == wanted.item_id]


def _pay_back(paid: Paid, parts: dict[int, Returned]) -> Refund:
    """Write the refund, and give the discount of what came back to the batches."""
    held = paid.redemption
    of_uses = [sum(part.discounts[place] for part in parts.values()) for place in range(len(paid.uses))]
    made = Refund.objects.create(
        redemption=held, amount=sum(part.amount for part in parts.values()), discount=sum(of_uses)
    )
    RefundLine.objects.bulk_create(
        RefundLine(refund=made, line=line, units=part.units, amount=part.amount, discounts=list(part.discounts))
        for line, part in parts.items()
    )
    held.refunded += made.amount
    held.save(update_fields=["refunded"])
    counting.hold_batches(paid.uses)
    of_batches: Counter[UUID] = Counter()
    for use, discount in zip(paid.uses, of_uses, strict=True):
        of_batches[use.batch_id] += discount
        use.returned += discount
    counting.take_off_spent(of_batches)
    Use.objects.bulk_update([use for use, discount in zip(paid.uses, of_uses, strict=True) if discount], ["returned"])
    for line, part in parts.items():
        paid.back[line] += part
    return made


def _end(paid: Paid) -> None:
    """Nothing is left of what was paid: the coupons can be used again where their batches say so."""
    batches = {batch.pk: batch for batch in counting.hold_batches(paid.uses)}
    counting.take_back([use for use in paid.uses if use.counts and batches[use.batch_id].returns_coupon])
    counting.end([paid.redemption], RedemptionState.ROLLED_BACK)
