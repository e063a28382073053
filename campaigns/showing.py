"""What pages show of campaigns: a month as weeks, a wheel as slices, and who is ahead."""

import calendar
import math
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min

from accounts.models import LinkedAccount
from campaigns import reward_words
from campaigns.models import Campaign, CheckIn, LeftLeaderboard, Prize
from campaigns.services.checking_in import Progress

FIRST_SHOWN = 10
RADIUS = 100


@dataclass(frozen=True)
class Day:
    """One day of the calendar. can_make_up: missed, and not too long ago."""

    day: date
    is_done: bool
    is_today: bool
    is_of_month: bool
    can_make_up: bool


@dataclass(frozen=True)
class Slice:
    """One slice of the wheel: the path of its shape, and where its name stands (degrees)."""

    prize: Prize | None
    path: str
    middle: float
    shade: int


@dataclass(frozen=True)
class Place:
    """One line of the leaderboard."""

    rank: int
    name: str
    days: int
    is_own: bool


def month(campaign: Campaign, progress: Progress) -> list[list[Day]]:
    """The weeks of this month, Monday first."""
    today, plan = progress.today, campaign.check_in_plan
    starts = campaign.day_of(campaign.starts_at) if campaign.starts_at else date.min
    has_left = progress.make_ups_left > 0 and (progress.cards > 0 or plan.make_up_price is not None)

    def shown(day: date) -> Day:
        ago = (today - day).days
        can_make_up = has_left and day not in progress.days and 0 < ago <= plan.make_up_days and day >= starts
        return Day(day, day in progress.days, day == today, day.month == today.month, can_make_up)

    weeks = calendar.Calendar().monthdatescalendar(today.year, today.month)
    return [[shown(day) for day in week] for week in weeks]


def wheel(campaign: Campaign) -> list[Slice]:
    """A slice for each prize and one for nothing, all as wide as each other: odds stand in the table."""
    prizes: list[Prize | None] = list(campaign.prizes.all())
    prizes.append(None)
    width = 360 / len(prizes)
    return [Slice(prize, _path(n * width, width), (n + 0.5) * width, n % 4) for n, prize in enumerate(prizes)]


def turned_to(slices: list[Slice], prize: Prize | None) -> float:
    """By how many degrees the wheel is turned so that this prize is on top."""
    middle = next((each.middle for each in slices if each.prize == prize), 0.0)
    return -middle


def odds(campaign: Campaign) -> list[tuple[Prize, str, str]]:
    """Prize, what it gives, and its probability in percent, as published."""
    return [
        (prize, reward_words.of_plan(prize), f"{share * 100:.3g}%") for prize, share in reward_words.odds_of(campaign)
    ]


def leaderboard(campaign: Campaign, account: LinkedAccount | None) -> list[Place]:
    """Those with the most days, each person once and by no more than the end of their account's id."""
    left = LeftLeaderboard.objects.filter(campaign=campaign).values("account__person_id")
    people = CheckIn.objects.filter(campaign=campaign).exclude(account__person_id__in=left)
    counted = people.values("account__person_id").annotate(days=Count("day", distinct=True), first=Min("account_id"))
    ahead = list(counted.order_by("-days", "first")[:FIRST_SHOWN])
    own = account.person_id if account else None
    return [
        Place(rank, f"…{each['first'] % 10_000:04d}", each["days"], each["account__person_id"] == own)
        for rank, each in enumerate(ahead, 1)
    ]


def _path(begins: float, width: float) -> str:
    if width >= 360:
        return f"M0 {-RADIUS}A{RADIUS} {RADIUS} 0 1 1 -0.01 {-RADIUS}Z"
    (x1, y1), (x2, y2) = _point(begins), _point(begins + width)
    large = 1 if width > 180 else 0
    return f"M0 0L{x1:.2f} {y1:.2f}A{RADIUS} {RADIUS} 0 {large} 1 {x2:.2f} {y2:.2f}Z"


def _point(degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees - 90)
    return RADIUS * math.cos(angle), RADIUS * math.sin(angle)
