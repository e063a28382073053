"""How many people could use a batch, counted while a marketer waits."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import LinkedAccount, Person, Purpose
from accounts.models.linked_account import consenting_to
from crossmarket.foundation.estimates import about_how_many
from profiles.models import Event, EventType, SegmentMember
from promotions import scope
from promotions.models import CouponBatch

PATIENCE_MS = 1_500
"""So long an exact count may take; then as long again for an estimate."""
SAMPLE = 20_000
"""So many accounts are looked at for an estimate."""
COUNTED_UP_TO = 200_000
"""Above so many accounts nobody waits for an exact count."""
QUERY_CANCELED = "57014"


@dataclass(frozen=True)
class Reach:
    """Persons who could use a coupon, and those of them who agree to marketing and may be told of it.

    Both None when even an estimate took too long.
    """

    persons: int | None = None
    may_be_told: int | None = None
    is_estimate: bool = False


def reach_of(batch: CouponBatch, segment_ids: Collection[int], patience_ms: int = PATIENCE_MS) -> Reach:
    """Who could use coupons of this batch, which may be a draft not saved yet, now. Nothing is changed."""
    accounts = _accounts(batch, segment_ids)
    total = about_how_many(LinkedAccount)
    if total <= COUNTED_UP_TO:
        exact = _counted(accounts, "person_id", patience_ms)
        if exact is not None:
            return Reach(*exact)
    chosen = _some_accounts(total)
    found = _counted(accounts.filter(pk__in=chosen), "id", patience_ms)
    if found is None:
        return Reach()
    # A person with several accounts is met as often: each account found stands for less than one person.
    scale = about_how_many(Person) / max(len(chosen), 1)
    return Reach(round(found[0] * scale), round(found[1] * scale), is_estimate=True)


def _accounts(batch: CouponBatch, segment_ids: Collection[int]) -> QuerySet[LinkedAccount]:
    accounts = LinkedAccount.objects.order_by()
    if slugs := scope.read(batch.scope).platforms:
        accounts = accounts.filter(platform__slug__in=slugs)
    if segment_ids:
        mine = SegmentMember.objects.standing().filter(account=OuterRef("pk"), segment__in=list(segment_ids))
        accounts = accounts.filter(Exists(mine))
    if batch.first_purchase:
        accounts = accounts.exclude(Exists(Event.objects.filter(account=OuterRef("pk"), type=EventType.PURCHASE)))
    return accounts


def _counted(accounts: QuerySet[LinkedAccount], unit: str, patience_ms: int) -> tuple[int, int] | None:
    """All, and those who agree to marketing; None when it took too long."""
    agreeing = accounts.filter(Q(consenting_to(Purpose.MARKETING)))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(patience_ms)])
            counts = tuple(each.values(unit).distinct().count() for each in (accounts, agreeing))
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return counts[0], counts[1]
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != QUERY_CANCELED:
            raise
        return None


def _some_accounts(total: int) -> list[int]:
    percent = min(100.0, 100.0 * SAMPLE / max(total, 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_linkedaccount TABLESAMPLE SYSTEM (%s)", [percent])
        return [row[0] for row in cursor.fetchall()]
