"""What codes that somebody typed stand for."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from crossmarket.foundation.statements import Rows, Statement
from promotions import codes
from promotions.models import BatchState, Coupon, CouponBatch, CouponState
from promotions.pricing.benefits import Benefit
from promotions.reasons import Reason, Refusal

BATCHES, COUPONS = Rows(CouponBatch, "batch"), Rows(Coupon, "coupon")
MEANT = f"""
WITH meant AS (
    SELECT DISTINCT ON (code) code, batch_id, is_own FROM (
        SELECT code, batch_id, true AS is_own, false AS is_over, now() AS made FROM promotions_coupon
        WHERE code {{is_typed}}
        UNION ALL
        SELECT shared_code, id, false, state = 'ended', created_at FROM promotions_couponbatch
        WHERE shared_code {{is_typed}} AND code_kind = 'shared' AND state NOT IN ('draft', 'review')
    ) known ORDER BY code, is_own DESC, is_over, made DESC
)
SELECT {BATCHES.columns}, meant.code, meant.is_own, ARRAY(
    SELECT segment_id FROM promotions_couponbatch_segments link WHERE link.couponbatch_id = batch.id
),
CASE WHEN batch.limit_person IS NOT NULL THEN (
    SELECT count(*) FROM accounts_linkedaccount account
    CROSS JOIN LATERAL (SELECT id FROM promotions_redemption WHERE account_id = account.id OFFSET 0) redemption
    JOIN LATERAL (
        SELECT batch_id FROM promotions_use WHERE redemption_id = redemption.id AND counts OFFSET 0
    ) used ON used.batch_id = batch.id
    WHERE account.person_id = %(person)s
) ELSE 0 END
FROM meant JOIN promotions_couponbatch batch ON batch.id = meant.batch_id ORDER BY batch.id
"""  # noqa: S608 names of columns
"""Each code with its batch: that of the coupon which has it, else the batch that shares it. One that has ended may
leave its code to another one, which then counts. How often a person has used a batch is counted by way of the person,
whose orders are few, never by way of the batch, which may have been used a million times.
"""
WITH_CODES = f"SELECT {COUPONS.columns} FROM promotions_coupon coupon WHERE code = ANY(%(codes)s) ORDER BY id"  # noqa: S608
LOCK_BATCHES, LOCK_COUPONS = " FOR NO KEY UPDATE OF batch", " FOR NO KEY UPDATE"


def _meaning(name: str, lock: str) -> tuple[Statement, Statement]:
    """Of one code, and of several: PostgreSQL keeps its plan only for what it knows to be one."""
    one = Statement(f"{name}_one", {"code": "text", "person": "uuid"}, MEANT.format(is_typed="= %(code)s") + lock)
    types = {"codes": "text[]", "person": "uuid"}
    return one, Statement(name, types, MEANT.format(is_typed="= ANY(%(codes)s)") + lock)


LOOK, HOLD = _meaning("promotions_look", ""), _meaning("promotions_hold", LOCK_BATCHES)
LOOK_AT_COUPONS = Statement("promotions_look_at_coupons", {"codes": "text[]"}, WITH_CODES)
HOLD_COUPONS = Statement("promotions_hold_coupons", {"codes": "text[]"}, WITH_CODES + LOCK_COUPONS)


class Found(NamedTuple):
    """What a code stands for; `coupon` is None where everybody uses the same code.

    used: how often the person has used the batch; None where that was not asked.
    """

    code: str
    batch: CouponBatch
    coupon: Coupon | None
    used: int | None = None

    @property
    def gives(self) -> Benefit:
        """What it gives: what the coupon says of itself, else what all of the batch give."""
        return self.batch.gives if self.coupon is None else self.coupon.gives_of(self.batch)


def find(typed: Iterable[str], lock: bool = False, person_id: UUID | None = None) -> tuple[list[Found], list[Refusal]]:
    """What each code stands for, each once, and those that stand for nothing.

    With `lock`, batches and then coupons are locked in the order of their keys until the transaction ends. person_id:
    whose uses are counted, who is held by then if they are to stay so many.
    """
    wanted = list(dict.fromkeys(codes.normal(code) for code in typed))
    batches: dict[UUID, CouponBatch] = {}
    batch_of_code: dict[str, tuple[CouponBatch, int]] = {}
    own_codes: list[str] = []
    one, several = HOLD if lock else LOOK
    is_one = len(wanted) == 1
    for row in one.rows(code=wanted[0], person=person_id) if is_one else several.rows(codes=wanted, person=person_id):
        batch = BATCHES.row(row)
        code, is_own, batch.segment_ids, used = row[BATCHES.width :]
        batch_of_code[code] = batches.setdefault(batch.pk, batch), used
        if is_own:
            own_codes.append(code)
    rows = (HOLD_COUPONS if lock else LOOK_AT_COUPONS).rows(codes=own_codes) if own_codes else []
    coupons = {each.code: each for each in map(COUPONS.row, rows)}
    found: list[Found] = []
    refusals: list[Refusal] = []
    for code in wanted:
        meant, used = batch_of_code.get(code, (None, 0))
        coupon = coupons.get(code)
        if (
            meant is None
            or meant.state in (BatchState.DRAFT, BatchState.REVIEW)
            or (coupon is not None and coupon.state == CouponState.REVOKED)
        ):
            refusals.append(Refusal(code, Reason.NOT_FOUND))
        else:
            found.append(Found(code, meant, coupon, used))
    return found, refusals
