"""What batches, days and coupons count of uses: added when coupons are set aside, taken off when they are given back.

Callers hold the redemption; here its batches are held by key, then its coupons.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import F
from django.utils import timezone

from crossmarket.foundation.statements import Statement
from promotions.models import CouponBatch, Redemption, RedemptionState, Use

SET_ASIDE = Statement(
    "promotions_set_aside",
    {
        "id": "uuid",
        "platform": "bigint",
        "account": "bigint",
        "order_id": "text",
        "currency": "text",
        "amount": "bigint",
        "discount": "bigint",
        "lines": "jsonb",
        "created_at": "timestamptz",
        "expires_at": "timestamptz",
        "uses": "jsonb",
    },
    """
WITH redemption AS (
    INSERT INTO promotions_redemption (id, platform_id, account_id, order_id, currency, amount, discount, refunded,
        lines, state, created_at, expires_at)
    VALUES (%(id)s, %(platform)s, %(account)s, %(order_id)s, %(currency)s, %(amount)s, %(discount)s, 0,
        %(lines)s, 'reserved', %(created_at)s, %(expires_at)s)
),
new AS (
    SELECT * FROM jsonb_to_recordset(%(uses)s) AS new (
        batch_id uuid, coupon_id bigint, code text, place smallint, amount bigint, discounts bigint[], day date
    )
),
stored AS (
    INSERT INTO promotions_use
        (redemption_id, batch_id, coupon_id, code, place, amount, discounts, returned, day, counts)
    SELECT %(id)s, batch_id, coupon_id, code, place, amount, discounts, 0, day, true FROM new
),
batches AS (
    UPDATE promotions_couponbatch batch SET used = batch.used + more.times, spent = batch.spent + more.money
    FROM (SELECT batch_id, count(*) AS times, sum(amount) AS money FROM new GROUP BY batch_id) more
    WHERE batch.id = more.batch_id
),
days AS (
    INSERT INTO promotions_batchday AS counted (batch_id, day, used)
    SELECT batch_id, day, count(*) FROM new GROUP BY batch_id, day
    ON CONFLICT (batch_id, day) DO UPDATE SET used = counted.used + excluded.used
)
UPDATE promotions_coupon coupon SET is_used = true FROM new WHERE coupon.id = new.coupon_id
""",
)
"""All that a reservation writes, in one round trip."""
TAKE_BACK = """
WITH gone AS (
    UPDATE promotions_use SET counts = false WHERE id = ANY(%s)
    RETURNING batch_id, coupon_id, day, amount - returned AS money
),
batches AS (
    UPDATE promotions_couponbatch batch SET used = batch.used - less.times, spent = batch.spent - less.money
    FROM (SELECT batch_id, count(*) AS times, sum(money) AS money FROM gone GROUP BY batch_id) less
    WHERE batch.id = less.batch_id
),
days AS (
    UPDATE promotions_batchday counted SET used = greatest(0, counted.used - less.times)
    FROM (SELECT batch_id, day, count(*) AS times FROM gone GROUP BY batch_id, day) less
    WHERE counted.batch_id = less.batch_id AND counted.day = less.day
)
UPDATE promotions_coupon coupon SET is_used = false FROM gone WHERE coupon.id = gone.coupon_id
"""


def set_aside(redemption: Redemption, uses: Sequence[Use]) -> None:
    """Store a new redemption with its uses, and count them, at once; the caller holds its batches and coupons."""
    SET_ASIDE.run(
        id=redemption.pk,
        platform=redemption.platform_id,
        account=redemption.account_id,
        order_id=redemption.order_id,
        currency=redemption.currency,
        amount=redemption.amount,
        discount=redemption.discount,
        lines=json.dumps(redemption.lines),
        created_at=redemption.created_at,
        expires_at=redemption.expires_at,
        uses=msgspec.json.encode([_row(use) for use in uses]).decode(),
    )
    redemption._state.adding = False  # noqa: SLF001 documented for what is loaded by hand


def take_back(uses: Sequence[Use]) -> None:
    """These uses count no more; what was refunded of them has been given back already."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, [[use.pk for use in uses]])


def give_back(held: Sequence[Redemption], state: RedemptionState) -> None:
    """All that reservations hold, which end so."""
    uses = list(Use.objects.filter(redemption__in=held, counts=True))
    hold_batches(uses)
    take_back(uses)
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


def _row(use: Use) -> dict[str, object]:
    names = ("batch_id", "coupon_id", "code", "place", "amount", "discounts", "day")
    return {name: getattr(use, name) for name in names}
