"""What became of the coupons of a batch: from made to paid, in all, by channel and by day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from promotions.models import CodeKind, Coupon, CouponBatch, CouponState, RedemptionState, Use

DAYS = 30
NAMES = ("reserved", "committed", "open", "expired", "given_back", "taken_off", "price", "discount")
"""What is counted of uses, see `Stages`; price and discount are of whole paid orders, the
price without what was refunded."""


@dataclass(frozen=True)
class Stages:
    """How many coupons got how far.

    issued: made, None where everybody uses one code. claimed: by somebody. reserved: set aside for orders, ever.
    committed: on paid orders now. open: set aside now. expired: reservations that ran out. given_back: orders dropped
    or paid back. taken_off, paid: of the paid orders, in minor units: the discount, and what was paid for them; without
    what was refunded.
    """

    issued: int | None
    claimed: int
    reserved: int
    committed: int
    open: int
    expired: int
    given_back: int
    taken_off: int
    paid: int

    @property
    def claimed_share(self) -> float | None:
        """Of those made."""
        return _share(self.claimed, self.issued)

    @property
    def reserved_share(self) -> float | None:
        """Of those claimed; None where codes are used without claiming."""
        return _share(self.reserved, self.claimed) if self.reserved <= self.claimed else None

    @property
    def committed_share(self) -> float | None:
        """Of those set aside."""
        return _share(self.committed, self.reserved)

    @property
    def expired_share(self) -> float | None:
        """Of those set aside."""
        return _share(self.expired, self.reserved)

    @property
    def given_back_share(self) -> float | None:
        """Of those set aside."""
        return _share(self.given_back, self.reserved)


@dataclass(frozen=True)
class Day:
    """A day in the batch's time zone: coupons claimed, set aside for orders that are paid now, and all others."""

    day: date
    claimed: int
    committed: int
    lost: int


@dataclass(frozen=True)
class Funnel:
    """All of a batch. lapsed: claimed coupons whose days are over unused; revoked: taken away."""

    together: Stages
    channels: list[tuple[str, Stages]]
    days: list[Day]
    lapsed: int
    revoked: int


def funnel_of(batch: CouponBatch, days: int = DAYS, now: datetime | None = None) -> Funnel:
    """What became of the batch until now; `days` latest days one by one."""
    now = now or timezone.now()
    coupons = Coupon.objects.filter(batch=batch).order_by()
    counts = coupons.aggregate(
        lapsed=Count("pk", filter=Q(expires_at__lte=now, is_used=False, state=CouponState.HELD)),
        revoked=Count("pk", filter=Q(state=CouponState.REVOKED)),
    )
    stages = _stages(batch)
    return Funnel(_sum(list(stages.values()), batch), sorted(stages.items()), _days(batch, days, now), **counts)


def _stages(batch: CouponBatch) -> dict[str, Stages]:
    """By channel; codes that were used without claiming have none."""
    coupons = Coupon.objects.filter(batch=batch).order_by().values("channel")
    made = {
        row["channel"]: (row["issued"], row["claimed"])
        for row in coupons.annotate(issued=Count("pk"), claimed=Count("claimed_at"))
    }
    used: dict[str, dict[str, int]] = {}
    by_channel = _uses(batch).annotate(by=Coalesce("coupon__channel", Value(""))).values("by").annotate(**_counted())
    for channel, *counted in by_channel.values_list("by", *NAMES):
        used[channel] = {name: int(count or 0) for name, count in zip(NAMES, counted, strict=True)}
    found = {}
    for channel in {*made, *used}:
        issued, claimed = made.get(channel, (0, 0))
        counts = used.get(channel, dict.fromkeys(NAMES, 0))
        paid = counts.pop("price") - counts.pop("discount")
        has_codes = batch.code_kind == CodeKind.UNIQUE
        found[channel] = Stages(issued=issued if has_codes else None, claimed=claimed, paid=paid, **counts)
    return found


def _uses(batch: CouponBatch) -> QuerySet[Use]:
    return Use.objects.filter(batch=batch).order_by()


def _counted() -> dict[str, Any]:
    def of(*states: str) -> Q:
        return Q(redemption__state__in=states)

    paid = of(RedemptionState.COMMITTED)
    return {
        "reserved": Count("pk"),
        "committed": Count("pk", filter=paid),
        "open": Count("pk", filter=of(RedemptionState.RESERVED)),
        "expired": Count("pk", filter=of(RedemptionState.EXPIRED)),
        "given_back": Count("pk", filter=of(RedemptionState.ROLLED_BACK)),
        "taken_off": Sum(F("amount") - F("returned"), filter=paid),
        "price": Sum(F("redemption__amount") - F("redemption__refunded"), filter=paid),
        "discount": Sum("redemption__discount", filter=paid),
    }


def _sum(stages: list[Stages], batch: CouponBatch) -> Stages:
    issued = sum(each.issued or 0 for each in stages) if batch.code_kind == CodeKind.UNIQUE else None
    names = ("claimed", "paid", *NAMES[:-2])
    return Stages(issued=issued, **{name: sum(getattr(each, name) for each in stages) for name in names})


def _days(batch: CouponBatch, days: int, now: datetime) -> list[Day]:
    zone = ZoneInfo(batch.timezone)
    last = now.astimezone(zone).date()
    first = last - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, zone)
    claimed = Coupon.objects.filter(batch=batch, claimed_at__gte=since).order_by()
    claims = dict(
        claimed.annotate(on=TruncDate("claimed_at", tzinfo=zone)).values_list("on").annotate(times=Count("pk"))
    )
    paid, lost = (
        Q(redemption__state=RedemptionState.COMMITTED),
        Q(redemption__state__in=[RedemptionState.EXPIRED, RedemptionState.ROLLED_BACK]),
    )
    uses = _uses(batch).filter(day__gte=first).values("day")
    used = {
        row["day"]: (row["paid"], row["lost"])
        for row in uses.annotate(paid=Count("pk", filter=paid), lost=Count("pk", filter=lost))
    }
    wanted = [first + timedelta(days=number) for number in range(days)]
    return [Day(day, claims.get(day, 0), *used.get(day, (0, 0))) for day in wanted]


def _share(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None
