"""The forecast of a batch: what its past, and its limits, are."""

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from profiles.models import Course
from promotions import scope
from promotions.forecasting import Forecast, PastBatch, forecast
from promotions.models import BatchState, CouponBatch, Redemption, RedemptionState
from promotions.pricing.order import Line, Order
from promotions.pricing.stacking import Claim, apply

MOST_BATCHES = 200
MOST_ORDERS = 2_000
FEWEST_ORDERS = 30
"""Below so many orders, list prices of the courses stand for them."""
DAYS_LIVE = 7
"""A batch that is still live tells of shares once it has been so long."""


def forecast_of(batch: CouponBatch, people: int) -> tuple[Forecast, bool]:
    """What the batch would come to if so many people could use it, and whether list prices stand for orders.

    Those whom it holds out do not use it.
    """
    orders, are_list_prices = _orders(batch)
    people = people * (100 - batch.holdout) // 100
    discounts = [_taken_off(batch, amount) for amount in orders]
    return forecast(people, past_batches(batch), discounts, batch.limit_total, batch.budget), are_list_prices


def past_batches(batch: CouponBatch) -> list[PastBatch]:
    """Earlier batches that went their way to the end, or are on it, without being cut short by a limit."""
    is_old = Q(state=BatchState.ENDED) | Q(
        state=BatchState.LIVE, created_at__lte=timezone.now() - timedelta(days=DAYS_LIVE)
    )
    cut_short = Q(limit_total__isnull=False, used__gte=F("limit_total")) | Q(
        budget__isnull=False, spent__gte=F("budget") * 95 / 100
    )
    rows = CouponBatch.objects.filter(is_old, reach__gt=0).exclude(cut_short).exclude(pk=batch.pk)
    return [PastBatch(each.reach or 0, each.used) for each in rows.order_by("-created_at")[:MOST_BATCHES]]


def _orders(batch: CouponBatch) -> tuple[list[int], bool]:
    paid = Redemption.objects.filter(state=RedemptionState.COMMITTED, currency=batch.currency)
    orders = list(paid.order_by("-created_at").values_list("amount", flat=True)[:MOST_ORDERS])
    if len(orders) >= FEWEST_ORDERS:
        return orders, False
    named = scope.read(batch.scope)
    courses = Course.objects.listed().filter(currency=batch.currency, price__gt=0)
    for field, values in (
        ("platform__slug__in", named.platforms),
        ("kind__in", named.kinds),
        ("category__in", named.categories),
        ("teacher__in", named.teachers),
        ("tags__overlap", named.tags),
        ("item_id__in", [item_id for _platform, item_id in named.courses]),
    ):
        if values:
            courses = courses.filter(**{field: list(values)})
    prices = courses.order_by("-pk").values_list("price", flat=True)[:MOST_ORDERS]
    return [price for price in prices if price], True


def _taken_off(batch: CouponBatch, amount: int) -> int:
    order = Order("", batch.currency, (Line("", amount, 1),))
    applied, _unusable = apply(order, [Claim("", batch.gives, (0,), minimum=batch.minimum)])
    return sum(each.amount for each in applied)
