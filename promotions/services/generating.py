"""Making coupons with a code each, up to a million, as a job."""

import io
from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from crossmarket.foundation import audit, jobs
from crossmarket.foundation.audit import Actor
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job
from promotions import codes
from promotions.models import BatchState, CodeKind, CouponBatch

GENERATE = gettext_noop("promotions.generate")
MAKING = gettext_noop("making coupons")
ORDERED = gettext_noop("ordered more coupons")
MADE = gettext_noop("coupons were made")
COUPONS = gettext_noop("coupons")
MOST = 1_000_000
AT_ONCE = 20_000


@transaction.atomic
def enqueue(batch: CouponBatch, count: int, actor: Actor = None) -> Job:
    """Have a worker make so many more coupons. Raises ValueError for another number than 1 to `MOST`."""
    if not 1 <= count <= MOST:
        raise ValueError(f"Between 1 and {MOST} coupons can be made at once.")
    audit.record_about(batch, actor, ORDERED, {COUPONS: [None, count]})
    return jobs.enqueue(GENERATE, {"batch_id": str(batch.pk), "count": count})


@job_kind(GENERATE)
def generate(reporter: Reporter, /, batch_id: str, count: int) -> Result:
    """Make the coupons, `AT_ONCE` in a transaction; what was made before the job was cancelled stays."""
    batch = CouponBatch.objects.filter(pk=UUID(batch_id), code_kind=CodeKind.UNIQUE).exclude(state=BatchState.ENDED)
    if not batch.exists():
        raise JobFailed("The batch has ended, is gone, or has one code for everybody.")
    made = 0
    try:
        while made < count:
            reporter(MAKING, made, count)
            made += make(UUID(batch_id), min(AT_ONCE, count - made))
    finally:
        audit.record_about(batch.get(), None, MADE, {COUPONS: [None, made]})
        if made:
            _tell_the_planner()
    reporter(MAKING, count, count)
    return {"made": made}


def _tell_the_planner() -> None:
    """Plans that were made while there were few coupons would read all of them; what is known anew ends such plans."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE promotions_coupon")


@transaction.atomic
def make(batch_id: UUID, count: int) -> int:
    """Store up to `count` new coupons of a batch; returns how many: a code that there is already is left out."""
    return store(batch_id, codes.generate_many(count))


def store(batch_id: UUID, new: Iterable[str]) -> int:
    """Store these codes in a transaction of the caller's; returns how many there were not yet."""
    rows = "".join(f"{code}\n" for code in new)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE new_codes (code text) ON COMMIT DROP")
        cursor.copy_expert("COPY new_codes FROM STDIN", io.StringIO(rows))
        cursor.execute(
            "INSERT INTO promotions_coupon (batch_id, code, state, channel, is_used, created_at) "
            "SELECT %s, code, 'free', '', false, %s FROM new_codes ON CONFLICT (code) DO NOTHING",
            [batch_id, timezone.now()],
        )
        made: int = cursor.rowcount
        cursor.execute("DROP TABLE new_codes")
    return made
