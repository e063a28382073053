"""Would these coupons work for this person and this order, and why not: asked as by an order, changing nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from promotions import checkout
from promotions.checkout import Check, Quote
from promotions.finding import Found, find
from promotions.models import BatchState, CouponBatch
from promotions.pricing.order import Order
from promotions.reasons import Reason, Refusal

CHECKS: dict[Check, Promise] = {
    Check.TIME: _("good at this time"),
    Check.CURRENCY: _("currency of the order"),
    Check.USES: _("uses and budget left"),
    Check.PERSON: _("for this person"),
    Check.HOLDOUT: _("not held out of the batch"),
}
BY_PRICE: tuple[tuple[Promise, frozenset[Reason]], ...] = (
    (_("courses that it is good for"), frozenset({Reason.NOT_APPLICABLE})),
    (_("goes with the others"), frozenset({Reason.NOT_STACKABLE})),
    (_("minimum amount"), frozenset({Reason.BELOW_MINIMUM})),
    (_("enough of the budget left for this order"), frozenset({Reason.BUDGET_EXHAUSTED})),
)
"""What pricing asks once all of `CHECKS` have passed, in its order."""
NOT_YET = (BatchState.DRAFT, BatchState.REVIEW)


@dataclass(frozen=True)
class Step:
    """One check: whether it passed (None: it was not reached), and why not."""

    title: Promise
    passed: bool | None
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Tried:
    """One code or batch: every check, and what it takes off the order and each line, in minor units.

    found: None for a code that stands for nothing. not_live: it is tried as though it were live.
    """

    name: str
    found: Found | None
    steps: list[Step]
    amount: int
    discounts: tuple[int, ...]
    refusal: Refusal | None
    not_live: bool = False

    @property
    def works(self) -> bool:
        """Whether it takes something off."""
        return self.refusal is None


@dataclass(frozen=True)
class Simulation:
    """The answer to a question that was never asked: the quote as an order would get it, and how it came about."""

    quote: Quote
    tried: list[Tried]

    @property
    def to_pay(self) -> int:
        """What is left of the price, in minor units."""
        return self.quote.order.amount - self.quote.discount


def simulate(
    platform: Platform,
    account: LinkedAccount | None,
    order: Order,
    typed: Sequence[str],
    batches: Sequence[CouponBatch],
    moment: datetime,
) -> Simulation:
    """What these codes, and a coupon of each of these batches, would do for an account (None: a stranger).

    Reservations that are over count until they have been given back, which happens within seconds.
    """
    by_code, unknown = find(typed)
    found = [*by_code, *_as_coupons(batches, {each.code for each in by_code})]
    quote = checkout.quote(platform, account, order, found, moment)
    refusals = {each.code: each for each in quote.refusals}
    applied = {each.code: taken for each, taken in quote.applied}
    tried = []
    for each in sorted(found, key=lambda each: (each.batch.rank, each.code)):
        taken, refusal = applied.get(each.code), refusals.get(each.code)
        tried.append(
            Tried(
                each.code,
                each,
                _steps(platform, account, order, each, moment, refusal),
                taken.amount if taken else 0,
                taken.discounts if taken else (0,) * len(order.lines),
                refusal,
                each.batch.state in NOT_YET,
            )
        )
    tried_by_name = {each.name for each in tried}
    tried += [
        Tried(each.code, None, [], 0, (0,) * len(order.lines), each)
        for each in unknown
        if each.code not in tried_by_name
    ]
    return Simulation(quote, tried)


def _as_coupons(batches: Sequence[CouponBatch], taken: set[str]) -> list[Found]:
    """A coupon of each batch, named like it; whose code is typed as well is tried once."""
    asked = CouponBatch.objects.filter(pk__in=[batch.pk for batch in batches]).with_segments()
    coupons: list[Found] = []
    for batch in asked.order_by(F("rank"), "name", "pk"):
        name = batch.shared_code or batch.name
        if name in taken and batch.shared_code:
            continue
        while name in taken:
            name += "’"
        taken.add(name)
        coupons.append(Found(name, batch, None))
    return coupons


def _steps(
    platform: Platform,
    account: LinkedAccount | None,
    order: Order,
    found: Found,
    moment: datetime,
    refusal: Refusal | None,
) -> list[Step]:
    answers = checkout.checked(platform, account, order, found, moment)
    steps = [Step(CHECKS[check], answer is None, answer) for check, answer in answers]
    is_priced = all(step.passed for step in steps)
    for title, reasons in BY_PRICE:
        failed = is_priced and refusal is not None and refusal.reason in reasons
        steps.append(Step(title, not failed if is_priced else None, refusal if failed else None))
        is_priced = is_priced and not failed
    if refusal is not None and all(step.passed for step in steps):
        steps.append(Step(_("once more on the same order"), False, refusal))
    return steps
