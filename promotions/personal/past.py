"""What came of past offers, and what is learned from it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db import transaction
from django.db.models import F

from accounts.models import Purpose
from profiles.models import Event, EventType
from promotions.models import Offer, Outcome, Redemption, RedemptionState
from promotions.personal import response
from promotions.personal.features import matrix
from promotions.personal.response import Response
from promotions.pricing.benefits import WHOLE

AT_ONCE = 1_000
MOST_LEARNED_FROM = 200_000


@dataclass(frozen=True)
class Learned:
    """What past decisions tell. axes, size: of the profile vectors that count; examples: decisions learned from."""

    model: Response
    axes: str
    size: int
    examples: int
    bought: int


def settle(moment: datetime) -> int:
    """Look what came of all decisions whose days are over; returns of how many."""
    settled = 0
    while some := _settle_some(moment):
        settled += some
    return settled


def learn(axes: str, size: int) -> Learned:
    """A model from all settled decisions, of all programs. Raises `response.TooLittleKnown`."""
    rows = list(
        Offer.objects.settled()
        .order_by("-pk")
        .values_list("inputs", "level", "outcome", "propensity")[:MOST_LEARNED_FROM]
    )
    if not rows:
        raise response.TooLittleKnown
    inputs, levels, outcomes, propensities = zip(*rows, strict=True)
    bought = np.array([outcome == Outcome.BOUGHT for outcome in outcomes], float)
    model = response.fit(matrix(inputs, axes, size), np.array(levels) / WHOLE, bought, np.array(propensities))
    return Learned(model, axes, size, len(rows), int(bought.sum()))


@transaction.atomic
def _settle_some(moment: datetime) -> int:
    due = list(
        Offer.objects.due(moment)
        .select_related("course", "account")
        .order_by("pk")
        .select_for_update(of=("self",), skip_locked=True)[:AT_ONCE]
    )
    paid = _paid(due)
    for offer in due:
        amount = paid.get(offer.pk)
        offer.outcome = Outcome.NOT_BOUGHT if amount is None else Outcome.BOUGHT
        offer.paid = amount
    Offer.objects.bulk_update(due, ["outcome", "paid"])
    return len(due)


def _paid(offers: list[Offer]) -> dict[int, int]:
    """What was paid for the course of each decision in its days, where it was bought: as events tell, or coupons."""
    by_pair: dict[tuple[int, int], list[Offer]] = {}
    for offer in offers:
        by_pair.setdefault((offer.account_id, offer.course_id), []).append(offer)
    if not by_pair:
        return {}
    accounts = {account for account, _course in by_pair}
    since = min(offer.decided_at for offer in offers)
    told = (
        Event.objects.consented(Purpose.PROFILING)
        .cleaned()
        .of_type(EventType.PURCHASE)
        .filter(account__in=accounts, timestamp__gte=since - timedelta(minutes=1))
        .order_by("timestamp")
        .values_list("account_id", "course_id", "timestamp", F("clean_value"))
    )
    found: dict[int, int] = {}
    for account, course, at, value in told:
        for offer in by_pair.get((account, course), ()):
            if offer.decided_at <= at <= offer.counts_until:
                found.setdefault(offer.pk, _minor(value, offer.price))
    return found | _redeemed(offers)


def _redeemed(offers: list[Offer]) -> dict[int, int]:
    """What was left to pay of the course where the offer's own coupon was used."""
    with_coupon = {offer.coupon_id: offer for offer in offers if offer.coupon_id}
    used = Redemption.objects.filter(uses__coupon__in=with_coupon, state=RedemptionState.COMMITTED)
    found: dict[int, int] = {}
    for coupon, taken_off in used.values_list("uses__coupon", "uses__amount"):
        if coupon in with_coupon:
            offer = with_coupon[coupon]
            found[offer.pk] = max(0, offer.price - taken_off)
    return found


def _minor(value: Decimal | float | None, price: int) -> int:
    return price if value is None else max(0, int(value))
