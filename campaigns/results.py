"""What came of a campaign: who came back, what it cost, and how sure that is."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import LinkedAccount
from campaigns import streaks
from campaigns.models import Campaign, CheckIn, Draw, Grant, RewardKind
from campaigns.retention import comparing, curves
from campaigns.retention.comparing import Difference
from campaigns.retention.curves import Cohort
from campaigns.services.life import ACTIVE
from profiles import outcomes
from profiles.models import EventType, Exposure, Measure
from promotions.models import RedemptionState, Use

GONE = timedelta(days=28)
"""Who did nothing for so long has left."""
BACK_WITHIN = timedelta(days=14)
WEEK_ONE = date(1970, 1, 5)
"""A Monday, from which weeks are counted."""
MOST_WEEKS = 12


class Cost(NamedTuple):
    """What a campaign gave: points, and money taken off by its coupons in minor units."""

    points: int
    money: int


@dataclass(frozen=True)
class Results:
    """What came of a campaign.

    table: who took part, by week, and was active later. survival: see `curves.survival`. came: people who took part.
    returned: of those who had left when they would have seen it, the share that was back within two weeks, beside
    those left alone; None without a holdout. value: purchases a person since, in minor units, likewise. back: how many
    people it brought back, by that difference. cost: of all that it gave.
    """

    came: int
    table: list[Cohort]
    curve: list[float]
    survival: list[float]
    had_left: tuple[int, int]
    returned: Difference | None
    value: Difference | None
    back: float | None
    cost: Cost


class _Exposed(NamedTuple):
    account: int
    person: UUID
    at: datetime
    is_control: bool


def results_of(campaign: Campaign, now: datetime | None = None) -> Results:
    """The results of a campaign as they are now; of those alone who agree to be measured (`profiling`)."""
    moment = now or timezone.now()
    began = _began(campaign)
    table = _table(began, campaign, moment)
    exposed = _exposed(campaign)
    had_left, returned = _returned(exposed, moment) if exposed else ((0, 0), None)
    certain = returned.difference * had_left[0] if returned is not None and returned.difference > 0 else None
    return Results(
        came=len(began),
        table=table,
        curve=curves.curve(table),
        survival=curves.survival(_longest(campaign)),
        had_left=had_left,
        returned=returned,
        value=_value(exposed, moment) if exposed else None,
        back=certain,
        cost=_cost(campaign),
    )


def _began(campaign: Campaign) -> dict[UUID, date]:
    """The first day of everybody who took part."""
    days: dict[UUID, date] = {}
    came = CheckIn.objects.filter(campaign=campaign, is_make_up=False).values_list("account__person_id", "day")
    drew = Draw.objects.filter(campaign=campaign, entrant__account__isnull=False)
    for person, day in (*came, *drew.values_list("entrant__account__person_id", "day")):
        days[person] = min(day, days.get(person, day))
    return days


def _table(began: dict[UUID, date], campaign: Campaign, now: datetime) -> list[Cohort]:
    if not began:
        return []
    people = {person: place for place, person in enumerate(began)}
    first = min(began.values())
    since = datetime.combine(first, datetime.min.time(), now.tzinfo) - timedelta(days=1)
    persons = dict(outcomes.agreeing().filter(person_id__in=list(people)).values_list("id", "person_id"))
    rows = outcomes.deeds(ACTIVE, Measure.ANY, since).filter(account__in=list(persons))
    seen = {(people[persons[account]], _week(campaign.day_of(at))) for account, at, _amount in rows}
    weeks = np.array([_week(day) for day in began.values()])
    active = np.array(sorted(seen), dtype=np.int64).reshape(-1, 2)
    this_week = _week(campaign.day_of(now))
    return curves.cohorts(weeks, active[:, 0], active[:, 1], this_week)[-MOST_WEEKS:]


def _longest(campaign: Campaign) -> np.ndarray:
    days: dict[UUID, list[date]] = defaultdict(list)
    for person, day in CheckIn.objects.filter(campaign=campaign).values_list("account__person_id", "day"):
        days[person].append(day)
    return np.array([streaks.longest(each) for each in days.values()], dtype=np.int64)


def _exposed(campaign: Campaign) -> list[_Exposed]:
    if campaign.experiment is None:
        return []
    rows = Exposure.objects.filter(experiment=campaign.experiment).values_list(
        "account_id", "account__person_id", "exposed_at", "arm__is_control"
    )
    return [_Exposed(*row) for row in rows]


def _deeds_of(
    exposed: list[_Exposed], types: list[EventType], measure: Measure
) -> dict[int, list[tuple[datetime, float]]]:
    """What each exposed account did, since some time before the first was exposed."""
    since = min(each.at for each in exposed) - GONE
    agreeing = LinkedAccount.objects.filter(pk__in=outcomes.agreeing().values("id"))
    known = set(agreeing.filter(pk__in=[each.account for each in exposed]).values_list("pk", flat=True))
    did: dict[int, list[tuple[datetime, float]]] = {account: [] for account in known}
    for account, at, amount in outcomes.deeds(types, measure, since).filter(account__in=known):
        did[account].append((at, float(amount)))
    return did


def _returned(exposed: list[_Exposed], now: datetime) -> tuple[tuple[int, int], Difference]:
    """Of those who had left: how many in each group, and the difference of the shares that came back."""
    did = _deeds_of(exposed, ACTIVE, Measure.ANY)
    left, back = [0, 0], [0, 0]
    for each in exposed:
        if each.account not in did or each.at + BACK_WITHIN > now:
            continue
        times = [at for at, _amount in did[each.account]]
        if any(each.at - GONE <= at < each.at for at in times):
            continue
        left[each.is_control] += 1
        back[each.is_control] += any(each.at < at <= each.at + BACK_WITHIN for at in times)
    return (left[0], left[1]), comparing.of_shares(back[0], left[0], back[1], left[1])


def _value(exposed: list[_Exposed], now: datetime) -> Difference:
    did = _deeds_of(exposed, [EventType.PURCHASE, EventType.REFUND], Measure.SUM)
    values: tuple[list[float], list[float]] = ([], [])
    for each in exposed:
        if each.account in did:
            values[each.is_control].append(sum(amount for at, amount in did[each.account] if each.at < at <= now))
    return comparing.of_means(np.array(values[0]), np.array(values[1]))


def _cost(campaign: Campaign) -> Cost:
    given = Grant.objects.filter(campaign=campaign, reward=RewardKind.POINTS).aggregate(all=Sum("amount"))["all"]
    uses = Use.objects.filter(counts=True, redemption__state=RedemptionState.COMMITTED)
    taken = uses.filter(coupon__code__in=_codes(campaign)).aggregate(all=Sum(F("amount") - F("returned")))["all"]
    return Cost(int(given or 0), int(taken or 0))


def _codes(campaign: Campaign) -> list[str]:
    coupons = Grant.objects.filter(campaign=campaign, reward=RewardKind.COUPON).exclude(result="")
    return list(coupons.values_list("result", flat=True))


def _week(day: date) -> int:
    return (day - WEEK_ONE).days // 7
