"""Would these codes work for this order? Asked by validations and by reservations in the very same way.

A reservation asks with the rows of batches and coupons locked, so that what is true then stays so until it is written.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count

from accounts.models import LinkedAccount, Platform
from profiles.models import Course, Event, EventType, Segment
from promotions import holdouts, hours, scope
from promotions.finding import Found
from promotions.models import BatchDay, BatchState, CouponBatch, Use
from promotions.pricing import stacking
from promotions.pricing.best import best_claims
from promotions.pricing.order import Order
from promotions.pricing.stacking import Applied, Claim
from promotions.reasons import Reason, Refusal
from promotions.scope import CourseFacts


@dataclass(frozen=True)
class Quote:
    """What the codes take off an order, in the order in which they count, and those that do not work with why."""

    order: Order
    applied: list[tuple[Found, Applied]]
    refusals: list[Refusal]

    @property
    def discount(self) -> int:
        """What is taken off in all, in minor units."""
        return sum(applied.amount for _found, applied in self.applied)

    @property
    def discounts(self) -> list[int]:
        """What is taken off each line."""
        lines = range(len(self.order.lines))
        return [sum(applied.discounts[line] for _found, applied in self.applied) for line in lines]


class Check(StrEnum):
    """What is asked of each coupon, in this order, before prices are."""

    TIME = "time"
    CURRENCY = "currency"
    USES = "uses"
    PERSON = "person"
    HOLDOUT = "holdout"


class Refused(Exception):
    """A code that does not work."""

    def __init__(self, reason: Reason, **facts: object) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts


def quote(
    platform: Platform,
    account: LinkedAccount | None,
    order: Order,
    found: Sequence[Found],
    moment: datetime,
    is_new: bool = False,
) -> Quote:
    """What these coupons take off the order of an account (None: of somebody not known yet), and why others do not.

    is_new: the account has only just been made, so that no holdout knows it yet, as with None.
    """
    circumstances = _Circumstances(platform, account, order, found, moment, is_new)
    claims: dict[str, Claim] = {}
    refusals: list[Refusal] = []
    for each in sorted(found, key=lambda each: (each.batch.rank, each.code)):
        try:
            claims[each.code] = circumstances.claim(each)
        except Refused as refused:
            refusals.append(Refusal(each.code, refused.reason, refused.facts))
    by_code = {each.code: each for each in found}
    while True:
        applied, unusable = stacking.apply(order, claims.values())
        over = _over_budget([(by_code[each.code], each) for each in applied])
        if over is None:
            break
        del claims[over]
        refusals.append(Refusal(over, Reason.BUDGET_EXHAUSTED))
    refusals += [_in_reasons(each, order) for each in unusable]
    return Quote(order, [(by_code[each.code], each) for each in applied], refusals)


def best(
    platform: Platform, account: LinkedAccount | None, order: Order, found: Sequence[Found], moment: datetime
) -> Quote:
    """The quote of those of these coupons that together take the most off; of none where none works."""
    circumstances = _Circumstances(platform, account, order, found, moment)
    claims: list[Claim] = []
    for each in found:
        circumstances.in_this_order.clear()  # each by itself; how they count together, the quote says
        with suppress(Refused):
            claims.append(circumstances.claim(each))
    chosen = {claim.code for claim in best_claims(order, claims)}
    return quote(platform, account, order, [each for each in found if each.code in chosen], moment)


def checked(
    platform: Platform, account: LinkedAccount | None, order: Order, found: Found, moment: datetime
) -> list[tuple[Check, Refusal | None]]:
    """What each check says of one coupon by itself, also of those that come after one that has failed."""
    answers: list[tuple[Check, Refusal | None]] = []
    for check, ask in _Circumstances(platform, account, order, [found], moment).checks():
        try:
            ask(found)
        except Refused as refused:
            answers.append((check, Refusal(found.code, refused.reason, refused.facts)))
        else:
            answers.append((check, None))
    return answers


def today(batch: CouponBatch, moment: datetime) -> date:
    """The day in the batch's time zone."""
    return moment.astimezone(ZoneInfo(batch.timezone)).date()


def check_person(
    platform: Platform, account: LinkedAccount | None, found: Found, moment: datetime, is_new: bool = False
) -> None:
    """Raises `Refused` where the person (None: who is not known) could use the coupon on no order.

    That is for its uses, or for who they are; hours and a beginning that is still to come are no such reason.
    is_new: as for `quote`.
    """
    circumstances = _check_at_all(platform, account, found, moment, is_new)
    circumstances.check_holdout(found)


def would_meet(account: LinkedAccount, batch: CouponBatch, moment: datetime) -> bool:
    """Whether the person could use the batch now on some order, were it not for its holdout."""
    found = Found("", batch, None)
    if batch.state != BatchState.LIVE or (batch.starts_at and moment < batch.starts_at):
        return False
    try:
        _check_at_all(account.platform, account, found, moment, is_new=True)
    except Refused:
        return False
    return True


def _check_at_all(
    platform: Platform, account: LinkedAccount | None, found: Found, moment: datetime, is_new: bool
) -> "_Circumstances":
    if found.batch.state == BatchState.ENDED or (found.batch.ends_at and moment >= found.batch.ends_at):
        raise Refused(Reason.EXPIRED)
    if found.batch.state == BatchState.PAUSED:
        raise Refused(Reason.NOT_STARTED, paused=True)
    circumstances = _Circumstances(platform, account, Order("", found.batch.currency, ()), [found], moment, is_new)
    circumstances.check_uses(found)
    circumstances.check_person(found)
    return circumstances


class _Circumstances:
    """What has to be known of the person, the order and the batches, read once for all codes."""

    def __init__(
        self,
        platform: Platform,
        account: LinkedAccount | None,
        order: Order,
        found: Sequence[Found],
        moment: datetime,
        is_new: bool = False,
    ) -> None:
        self.account, self.order, self.moment = account, order, moment
        batches = {each.batch.pk: each.batch for each in found}
        self.only = _only_courses(found)
        self.courses = _facts(platform, order, any(batch.scope for batch in batches.values()))
        self.used_by_person = _used_by_person(account, found)
        self.used_today = _used_today(batches, moment)
        self.segments = _segments_of(account, batches)
        self.persons_accounts = _accounts_of_person(account, found)
        self.has_bought = _has_bought(account, batches)
        self.held_out: set[UUID] = set() if is_new else holdouts.held_out(account, batches)
        self.in_this_order: Counter[UUID] = Counter()

    def claim(self, found: Found) -> Claim:
        """The coupon as pricing takes it. Raises `Refused`."""
        for _check, ask in self.checks():
            ask(found)
        batch = found.batch
        good_for = scope.read(batch.scope)
        only = self.only.get(found.code)
        lines = tuple(
            index
            for index, course in enumerate(self.courses)
            if good_for.includes(course) and only in (None, (course.platform, course.item_id))
        )
        self.in_this_order[batch.pk] += 1
        return Claim(found.code, found.gives, lines, batch.rank, batch.minimum, batch.group, batch.is_exclusive)

    def checks(self) -> list[tuple[Check, Callable[[Found], None]]]:
        """What is asked of a coupon; each raises `Refused`."""
        return [
            (Check.TIME, self.check_time),
            (Check.CURRENCY, self.check_currency),
            (Check.USES, self.check_uses),
            (Check.PERSON, self.check_person),
            (Check.HOLDOUT, self.check_holdout),
        ]

    def check_time(self, found: Found) -> None:
        """Raises `Refused` where it is not good now."""
        _check_time(found, self.moment)

    def check_currency(self, found: Found) -> None:
        """Raises `Refused` for orders in another currency."""
        if found.batch.currency != self.order.currency:
            raise Refused(Reason.WRONG_CURRENCY, currency=found.batch.currency)

    def check_uses(self, found: Found) -> None:
        """Raises `Refused` where it was used as often as it may be."""
        batch, more = found.batch, self.in_this_order[found.batch.pk]
        if found.coupon is not None and found.coupon.is_used:
            raise Refused(Reason.ALREADY_USED)
        by_person = self.used_by_person.get(batch.pk, 0) + more
        if batch.limit_person is not None and by_person >= batch.limit_person:
            raise Refused(Reason.ALREADY_USED, limit=batch.limit_person)
        if batch.limit_total is not None and batch.used + more >= batch.limit_total:
            raise Refused(Reason.EXHAUSTED)
        if batch.limit_day is not None and self.used_today.get(batch.pk, 0) + more >= batch.limit_day:
            raise Refused(Reason.EXHAUSTED, today=True)
        if batch.budget is not None and batch.spent >= batch.budget:
            raise Refused(Reason.BUDGET_EXHAUSTED)

    def check_holdout(self, found: Found) -> None:
        """Raises `Refused` where the batch leaves the person alone; what is their own already is kept."""
        own = found.coupon is not None and found.coupon.holder_id in self.persons_accounts
        if found.batch.pk in self.held_out and not own:
            raise Refused(Reason.NOT_ELIGIBLE)

    def check_person(self, found: Found) -> None:
        """Raises `Refused` where it is not for this person."""
        batch, coupon = found.batch, found.coupon
        if coupon is not None and coupon.holder_id is not None and coupon.holder_id not in self.persons_accounts:
            raise Refused(Reason.NOT_ELIGIBLE, held=True)
        wanted = set(batch.segment_ids)
        if wanted and wanted.isdisjoint(self.segments):
            raise Refused(Reason.NOT_ELIGIBLE)
        if batch.first_purchase and self.has_bought:
            raise Refused(Reason.NOT_ELIGIBLE, first_purchase=True)


def _check_time(found: Found, moment: datetime) -> None:
    batch, coupon = found.batch, found.coupon
    until = min((at for at in (batch.ends_at, coupon.expires_at if coupon else None) if at), default=None)
    if batch.state == BatchState.ENDED:
        raise Refused(Reason.EXPIRED)
    if until and moment >= until:
        raise Refused(Reason.EXPIRED, at=until)
    if batch.starts_at and moment < batch.starts_at:
        raise Refused(Reason.NOT_STARTED, at=batch.starts_at)
    if batch.state == BatchState.PAUSED:
        raise Refused(Reason.NOT_STARTED, paused=True)
    if not hours.is_open(batch.hours, batch.timezone, moment):
        raise Refused(Reason.NOT_STARTED)


def _facts(platform: Platform, order: Order, is_asked: bool) -> list[CourseFacts]:
    """What is known of the course of each line; nothing where nobody asks."""
    if not is_asked:
        return [CourseFacts(platform.slug, line.item_id) for line in order.lines]
    items = {line.item_id for line in order.lines} - {""}
    described = {
        course.item_id: CourseFacts(
            platform.slug, course.item_id, course.kind, course.category, course.teacher, frozenset(course.tags)
        )
        for course in Course.objects.filter(platform_id=platform.pk, item_id__in=items).only(
            "item_id", "kind", "category", "teacher", "tags"
        )
    }
    return [described.get(line.item_id) or CourseFacts(platform.slug, line.item_id) for line in order.lines]


def _only_courses(found: Sequence[Found]) -> dict[str, tuple[str, str]]:
    """Of codes that are good for one course only: its platform's slug and its item id."""
    wanted = {each.code: each.coupon.only_course_id for each in found if each.coupon and each.coupon.only_course_id}
    if not wanted:
        return {}
    courses = Course.objects.filter(pk__in=wanted.values()).values_list("pk", "platform__slug", "item_id")
    named = {key: (slug, item_id) for key, slug, item_id in courses}
    return {code: named[course] for code, course in wanted.items()}


def _used_by_person(account: LinkedAccount | None, found: Sequence[Found]) -> dict[UUID, int]:
    """Uses of each batch by all accounts of the person."""
    used = {each.batch.pk: each.used for each in found if each.used is not None}
    limited = {each.batch.pk for each in found if each.batch.limit_person is not None} - used.keys()
    if account is None or not limited:
        return used
    uses = Use.objects.filter(batch__in=limited, counts=True, redemption__account__person_id=account.person_id)
    return used | dict(uses.order_by().values("batch").annotate(times=Count("pk")).values_list("batch", "times"))


def _used_today(batches: Mapping[UUID, CouponBatch], moment: datetime) -> dict[UUID, int]:
    """Uses of each batch with a limit a day, on its day of now."""
    batches_of_day: dict[date, list[UUID]] = defaultdict(list)
    for key, batch in batches.items():
        if batch.limit_day is not None:
            batches_of_day[today(batch, moment)].append(key)
    used: dict[UUID, int] = {}
    for day, keys in batches_of_day.items():
        used |= dict(BatchDay.objects.filter(batch__in=keys, day=day).values_list("batch", "used"))
    return used


def _segments_of(account: LinkedAccount | None, batches: Mapping[UUID, CouponBatch]) -> set[int]:
    if account is None or not any(batch.segment_ids for batch in batches.values()):
        return set()
    return set(Segment.objects.of_account(account).values_list("pk", flat=True))


def _accounts_of_person(account: LinkedAccount | None, found: Sequence[Found]) -> set[int]:
    if account is None or not any(each.coupon is not None and each.coupon.holder_id for each in found):
        return set()
    return set(LinkedAccount.objects.filter(person_id=account.person_id).values_list("pk", flat=True))


def _has_bought(account: LinkedAccount | None, batches: Mapping[UUID, CouponBatch]) -> bool:
    """Whether this platform has sold to this account before, of which it knows anyway."""
    if account is None or not any(batch.first_purchase for batch in batches.values()):
        return False
    return Event.objects.filter(account=account, type=EventType.PURCHASE).exists()


def _over_budget(applied: Sequence[tuple[Found, Applied]]) -> str | None:
    """The last code that takes more off than is left of its batch's budget."""
    spent: Counter[UUID] = Counter()
    over = None
    for found, each in applied:
        spent[found.batch.pk] += each.amount
        if found.batch.budget is not None and found.batch.spent + spent[found.batch.pk] > found.batch.budget:
            over = found.code
    return over


def _in_reasons(unusable: stacking.Unusable, order: Order) -> Refusal:
    match unusable:
        case stacking.BelowMinimum(missing=missing):
            return Refusal(unusable.code, Reason.BELOW_MINIMUM, {"missing": missing, "currency": order.currency})
        case stacking.NotStackable(beside=beside):
            return Refusal(unusable.code, Reason.NOT_STACKABLE, {"beside": beside})
        case _:
            return Refusal(unusable.code, Reason.NOT_APPLICABLE)
