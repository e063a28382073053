"""Whether a message may be sent now, and if not, when to ask again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Caps:
    """How often somebody may be written to. gap: between two messages. quiet hours are by the person's own clock."""

    a_day: int
    a_week: int
    gap: timedelta
    quiet_from: time
    quiet_until: time


@dataclass(frozen=True)
class Wait:
    """Not now, for this reason (a value of `HoldReason`); ask again then."""

    reason: str
    until: datetime


def held_back(caps: Caps, sent: Sequence[datetime], now: datetime, zone: str, share: float = 1.0) -> Wait | None:
    """Why a person cannot be written to now, who got messages at these times; None where they can.

    sent: of all accounts and channels. share: of the caps, what is left to somebody tired; below 1 the week's cap
    shrinks to it, and where that is less than one message a week, the gap grows instead.
    """
    quiet = _quiet_until(caps, now, zone)
    if quiet is not None:
        return Wait("quiet_hours", quiet)
    times = sorted(sent)
    if times and now < times[-1] + caps.gap:
        return Wait("too_soon", times[-1] + caps.gap)
    if over := _over(times, caps.a_day, DAY, now):
        return Wait("cap_day", over)
    if over := _over(times, caps.a_week, WEEK, now):
        return Wait("cap_week", over)
    if share < 1.0 and caps.a_week and times:
        between = WEEK / (caps.a_week * share)
        if now < times[-1] + between:
            return Wait("fatigue", times[-1] + between)
    return None


def _over(times: Sequence[datetime], cap: int, span: timedelta, now: datetime) -> datetime | None:
    """When there is room again under a cap that is reached."""
    within = [each for each in times if each > now - span]
    if len(within) < cap:
        return None
    return within[len(within) - cap] + span if cap else now + span


def _quiet_until(caps: Caps, now: datetime, zone: str) -> datetime | None:
    local = now.astimezone(ZoneInfo(zone))
    clock = local.time()
    begins, ends = caps.quiet_from, caps.quiet_until
    if begins == ends:
        return None
    over_midnight = begins > ends
    is_quiet = (clock >= begins or clock < ends) if over_midnight else begins <= clock < ends
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and clock >= begins else local.date()
    return datetime.combine(day, ends, ZoneInfo(zone))
