"""What batches, days and coupons count of uses: added when coupons are set aside, taken off when they are given back.

Callers hold the redemption; here its batches are held by key, then its coupons.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone

from promotions.models import Coupon, CouponBatch, Redemption, RedemptionState, Use


def count(uses: Sequence[Use], sign: int) -> None:
    """Add these uses to what their batches, days and coupons have counted, or take them off again."""
    times: Counter[UUID] = Counter()
    money: Counter[UUID] = Counter()
    days: dict[UUID, Counter[date]] = defaultdict(Counter)
    for use in uses:
        times[use.batch_id] += 1
        money[use.batch_id] += use.amount - use.returned
        days[use.batch_id][use.day] += 1
    for batch_id in sorted(times):
        counted = {"used": F("used") + sign * times[batch_id], "spent": F("spent") + sign * money[batch_id]}
        CouponBatch.objects.filter(pk=batch_id).update(**counted)
    _count_days(days, sign)
    coupon_ids = sorted(use.coupon_id for use in uses if use.coupon_id is not None)
    if coupon_ids:
        Coupon.objects.filter(pk__in=coupon_ids).update(is_used=sign > 0)
    if sign < 0:
        Use.objects.filter(pk__in=[use.pk for use in uses]).update(counts=False)


def give_back(held: Sequence[Redemption], state: RedemptionState) -> None:
    """All that reservations hold, which end so."""
    uses = list(Use.objects.filter(redemption__in=held, counts=True))
    hold_batches(uses)
    count(uses, -1)
    end(held, state)


def end(held: Sequence[Redemption], state: RedemptionState) -> None:
    """From now on they stand so."""
    now = timezone.now()
    for each in held:
        each.state, each.ended_at = state, now
    Redemption.objects.filter(pk__in=[each.pk for each in held]).update(state=state, ended_at=now)


def hold_batches(uses: Iterable[Use]) -> list[CouponBatch]:
    """The batches of these uses, by key."""
    batches = CouponBatch.objects.filter(pk__in={use.batch_id for use in uses})
    return list(batches.order_by("pk").select_for_update(no_key=True))


def take_off_spent(returned: Mapping[UUID, int]) -> None:
    """Give money back to what batches may still spend."""
    for batch_id in sorted(returned):
        CouponBatch.objects.filter(pk=batch_id).update(spent=F("spent") - returned[batch_id])


def _count_days(days: dict[UUID, Counter[date]], sign: int) -> None:
    rows = [(batch_id, day, sign * times) for batch_id, counted in days.items() for day, times in counted.items()]
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(
                "INSERT INTO promotions_batchday (batch_id, day, used) VALUES (%s, %s, greatest(0, %s)) "
                "ON CONFLICT (batch_id, day) DO UPDATE SET used = greatest(0, promotions_batchday.used + %s)",
                [*row, row[2]],
            )
