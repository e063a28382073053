"""The first page of the admin: how much there is, what happens, what answers and what waits."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import LinkedAccount, Person
from crossmarket.foundation.estimates import about_how_many
from crossmarket.foundation.leased_cache import LeasedCache
from crossmarket.foundation.models import Job
from profiles.models import Course, Event, RejectedEvent
from recommend.models import ModelVersion

DAYS = 30
MOST_JOBS = 5

events_per_day: LeasedCache[str, list[int]] = LeasedCache("desk:events-per-day", list[int], seconds=30)
"""By the last day: the numbers of events of it and the `DAYS` - 1 days before, the earliest first."""


@dataclass(frozen=True)
class Figure:
    """A number on the dashboard, and the list behind it (`model` is `room.model`)."""

    title: Promise
    icon: str
    model: str
    count: Callable[[], int]
    query: str = ""


@dataclass(frozen=True)
class Shown:
    """A figure once counted."""

    title: Promise
    icon: str
    value: int
    url: str


def _linked_persons() -> int:
    """Persons with accounts on more than one platform."""
    accounts = LinkedAccount.objects.values("person").annotate(accounts=Count("id"))
    return accounts.filter(accounts__gt=1).count()


FIGURES = (
    Figure(gettext_lazy("Persons"), "person", "accounts.person", lambda: about_how_many(Person)),
    Figure(gettext_lazy("On several platforms"), "link", "accounts.person", _linked_persons, "?joined=yes"),
    Figure(gettext_lazy("Courses"), "school", "profiles.course", lambda: about_how_many(Course)),
    Figure(gettext_lazy("Events"), "timeline", "profiles.event", lambda: about_how_many(Event)),
    Figure(
        gettext_lazy("Rejected events waiting"),
        "report",
        "profiles.rejectedevent",
        lambda: RejectedEvent.objects.waiting().count(),
        "?waiting=yes",
    ),
    Figure(
        gettext_lazy("Open jobs"), "hourglass_top", "foundation.job", lambda: Job.objects.open().count(), "?open=yes"
    ),
)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the index page's context what this user may see."""
    may_see = {name: _may_see(request, name) for name in ("profiles.event", "recommend.modelversion", "foundation.job")}
    return context | {
        "title": _("Overview"),
        "figures": [_shown(figure) for figure in FIGURES if _may_see(request, figure.model)],
        "events_chart": _events_chart() if may_see["profiles.event"] else None,
        "may_see_models": may_see["recommend.modelversion"],
        "active_model": ModelVersion.objects.active() if may_see["recommend.modelversion"] else None,
        "open_jobs": list(Job.objects.open()[:MOST_JOBS]) if may_see["foundation.job"] else [],
    }


def _may_see(request: HttpRequest, model: str) -> bool:
    room, name = model.split(".")
    return any(request.user.has_perm(f"{room}.{verb}_{name}") for verb in ("view", "change"))


def _shown(figure: Figure) -> Shown:
    address = reverse(f"admin:{figure.model.replace('.', '_')}_changelist") + figure.query
    return Shown(figure.title, figure.icon, figure.count(), address)


def _events_chart() -> str:
    """The events of the last days as Chart.js takes them."""
    today = timezone.localdate()
    counts = events_per_day.get_many([today.isoformat()], _count_days)[today.isoformat()]
    days = [today - timedelta(days=DAYS - 1 - index) for index in range(DAYS)]
    series = {
        "label": _("Events"),
        "data": counts,
        "backgroundColor": "var(--color-primary-500)",
        "displayYAxis": True,
        "maxTicksXLimit": 10,
        "maxBarThickness": 24,
        "borderRadius": 3,
    }
    return json.dumps({"labels": [f"{day:%m-%d}" for day in days], "datasets": [series]})


def _count_days(last_days: list[str]) -> dict[str, list[int]]:
    """For each last day the events of it and of the days before."""
    return {last: _count_until(date.fromisoformat(last)) for last in last_days}


def _count_until(last: date) -> list[int]:
    zone = timezone.get_current_timezone()
    first = last - timedelta(days=DAYS - 1)
    begin, end = (datetime.combine(day, time.min, zone) for day in (first, last + timedelta(days=1)))
    within = Event.objects.filter(timestamp__gte=begin, timestamp__lt=end)
    by_day = dict(within.values_list(TruncDate("timestamp")).annotate(Count("id")))
    return [by_day.get(first + timedelta(days=index), 0) for index in range(DAYS)]
