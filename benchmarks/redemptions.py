"""Coupons reserved a second: by the verb and by `POST /redemptions`, against the bare transaction in SQL.

The bare transaction does what no program can leave out: lock the batch, look at its limit, write the redemption and its
use, count. Every order is another person's. Beside it: how many codes are made a second,
and how long validations take among 1,000,000 codes and 10,000 live batches.
"""

import json
import time
import uuid
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import report
from benchmarks.load import quantile, request, send
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system, web_server

if TYPE_CHECKING:
    from accounts.models import Platform
    from promotions.models import CouponBatch
    from promotions.pricing.order import Order

ORDERS, QUICK_ORDERS = 2_000, 100
BATCHES, QUICK_BATCHES = 10_000, 100
CODES, QUICK_CODES = 1_000_000, 2_000
MOST_ASKED = 1_000
CODE = "BENCHMARK"
LIMIT, VERB, ONE_SENDER, TWO_SENDERS = (
    "bare SQL transaction (the limit)",
    "reserve, one process",
    "POST /redemptions, 1 sender",
    "POST /redemptions, 2 senders",
)
STATEMENTS = (
    """
    SELECT used, limit_total, spent, budget FROM promotions_couponbatch WHERE id = %(batch)s FOR NO KEY UPDATE
    """,
    """
    INSERT INTO promotions_redemption (id, platform_id, account_id, order_id, currency, amount, discount, refunded,
        lines, state, expires_at, created_at)
    VALUES (%(id)s, %(platform)s, %(account)s, %(order)s, 'CNY', 1000, 100, 0, '[]', 'reserved', now(), now())
    """,
    """
    INSERT INTO promotions_use (redemption_id, batch_id, code, place, amount, discounts, returned, day, counts)
    VALUES (%(id)s, %(batch)s, 'BENCHMARK', 0, 100, '{100}', 0, current_date, true)
    """,
    "UPDATE promotions_couponbatch SET used = used + 1, spent = spent + 100 WHERE id = %(batch)s",
)


def measure(options: Options) -> None:
    """Measure everything and print the tables."""
    from accounts.services.platforms import create_platform

    made = create_platform("shop")
    batch = batch_with(CODE)
    _reserving(options, made.platform, batch, made.secret_key)
    _making(options)
    _validating(options, made.platform)


def _reserving(options: Options, platform: "Platform", batch: "CouponBatch", key: str) -> None:
    count = QUICK_ORDERS if options.quick else ORDERS
    accounts = introduce(platform, count)
    calls = [request("POST", "/api/v1/redemptions", key, _body(user)) for user in accounts]
    with web_server() as port:
        things: dict[str, Callable[[], float]] = {
            LIMIT: lambda: timed_statements(platform, batch, accounts),
            VERB: lambda: timed_verb(platform, accounts),
            ONE_SENDER: lambda: send(port, calls, 1).require(201).seconds,
            TWO_SENDERS: lambda: send(port, calls, 2).require(201).seconds,
        }
        seconds: dict[str, list[float]] = {name: [] for name in things}
        for _round in range(options.rounds):
            for name, timed in things.items():
                seconds[name].append(timed())
                require(batch, count)
    medians = {name: median(times) for name, times in seconds.items()}
    rows = [[name, f"{count / taken:,.0f}", report.percent(medians[LIMIT] / taken)] for name, taken in medians.items()]
    note = f"{count:,} orders of as many people; median of {options.rounds} rounds in turns. Aim: 40%."
    report.show("Coupons reserved", ["", "orders/s", "of the limit"], rows, note)


def _validating(options: Options, platform: "Platform") -> None:
    """Codes that many share, and codes of their own, where there are very many of both."""
    from promotions.models import Coupon
    from promotions.pricing.order import Line, Order

    count = QUICK_BATCHES if options.quick else BATCHES
    for number in range(count):
        batch_with(f"CODE{number}")
    order = Order("order", "CNY", (Line("item", 1_000, 1),))
    codes = Coupon.objects.count()
    asked = min(count, MOST_ASKED)
    some = Coupon.objects.order_by("code").values_list("code", flat=True)[:: max(1, codes // asked)]
    kinds = {
        "one code for everybody": [f"CODE{number}" for number in range(0, count, max(1, count // asked))],
        "a code for each coupon": list(some),
    }
    rows: list[list[str]] = []
    for kind, typed in kinds.items():
        times = [_timed_validation(platform, f"user-{place}", code, order) for place, code in enumerate(typed)]
        rows.append([kind, f"{len(times):,}", f"{quantile(times, 0.5):.1f}", f"{quantile(times, 0.99):.1f}"])
    note = f"{count:,} live batches and {codes:,} codes."
    report.show("Validating a code", ["", "asked", "p50 (ms)", "p99 (ms)"], rows, note)


def _timed_validation(platform: "Platform", user: str, code: str, order: "Order") -> float:
    from promotions.services import redeeming

    started = time.perf_counter()
    quote = redeeming.validate(platform, user, [code], order)
    taken = time.perf_counter() - started
    if quote.discount <= 0:
        raise RuntimeError(f"{code} takes nothing off: {quote.refusals}.")
    return taken


def _making(options: Options) -> None:
    from promotions.models import BatchState, CodeKind, CouponBatch
    from promotions.services import generating

    count = QUICK_CODES if options.quick else CODES
    batch = CouponBatch.objects.create(
        name="codes", state=BatchState.LIVE, benefit="amount", value=1, code_kind=CodeKind.UNIQUE
    )
    started = time.perf_counter()
    generating.generate(lambda *_progress: None, batch_id=str(batch.pk), count=count)
    taken = time.perf_counter() - started
    rows = [[f"{count:,} codes", f"{taken:.1f}", f"{count / taken:,.0f}"]]
    report.show("Making codes", ["", "seconds", "codes/s"], rows)


def batch_with(code: str) -> "CouponBatch":
    """A live batch with this code, good once for each person, within a limit and a budget."""
    from promotions.models import BatchState, CodeKind, CouponBatch

    return CouponBatch.objects.create(
        name=code,
        state=BatchState.LIVE,
        benefit="amount",
        value=100,
        limit_total=10**9,
        limit_person=1,
        budget=10**12,
        code_kind=CodeKind.SHARED,
        shared_code=code,
    )


def introduce(platform: "Platform", count: int) -> dict[str, int]:
    """The accounts of customers who are known already, by their ids."""
    from accounts.services.accounts import ensure_accounts

    known = ensure_accounts(platform, [f"user-{number}" for number in range(count)])
    return {external_id: reference.id for external_id, reference in known.items()}


def _body(user: str) -> bytes:
    order = {
        "order_id": f"order of {user}",
        "amount": 1_000,
        "currency": "CNY",
        "items": [{"item_id": "item", "price": 1_000}],
    }
    return json.dumps({"user_id": user, "codes": [CODE], "order": order}).encode()


def timed_statements(platform: "Platform", batch: "CouponBatch", accounts: dict[str, int]) -> float:
    """Seconds that the bare transaction takes for an order of each account."""
    from django.db import connection, transaction

    started = time.perf_counter()
    for user, account in accounts.items():
        values = {"id": uuid.uuid4(), "batch": batch.pk, "platform": platform.pk, "account": account, "order": user}
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in STATEMENTS:
                cursor.execute(statement, values)
    return time.perf_counter() - started


def timed_verb(platform: "Platform", accounts: dict[str, int]) -> float:
    """Seconds that reserving takes for the same."""
    from promotions.pricing.order import Line, Order
    from promotions.services import redeeming

    order = Order("order", "CNY", (Line("item", 1_000, 1),))
    started = time.perf_counter()
    for user in accounts:
        redeeming.reserve(platform, user, [CODE], order)
    return time.perf_counter() - started


def require(batch: "CouponBatch", count: int) -> None:
    """Raise `RuntimeError` unless everything was reserved and counted; then begin anew."""
    from django.db import connection

    from promotions.models import Use

    batch.refresh_from_db()
    if not batch.used == Use.objects.count() == count:
        raise RuntimeError(f"{batch.used} uses were counted and {Use.objects.count()} stored instead of {count}.")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE promotions_redemption, promotions_use, foundation_keptanswer CASCADE")
        cursor.execute("UPDATE promotions_couponbatch SET used = 0, spent = 0")
        cursor.execute("CHECKPOINT")


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)
