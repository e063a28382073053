"""Why somebody cannot take part, in words that a person can read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class Reason(StrEnum):
    """The codes of the partner API."""

    NOT_FOUND = "not_found"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    PAUSED = "paused"
    NOT_ELIGIBLE = "not_eligible"
    TASK_OPEN = "task_open"
    NOTHING_TO_MAKE_UP = "nothing_to_make_up"
    NO_MAKE_UPS_LEFT = "no_make_ups_left"
    NOT_ENOUGH_POINTS = "not_enough_points"
    NO_CHANCES = "no_chances"
    TODAY_IS_OVER = "enough_for_today"
    ACCOUNT_TOO_NEW = "account_too_new"
    TOO_MANY_ON_DEVICE = "too_many_on_device"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Refusal(Exception):
    """That a person cannot do something in a campaign, and why; nothing was changed."""

    reason: Reason
    facts: Mapping[str, object] = field(default_factory=dict)

    def in_words(self) -> str:
        """For the person, in the active language."""
        facts = self.facts
        match self.reason:
            case Reason.NOT_STARTED if "at" in facts:
                return _("This starts on %(date)s.") % {"date": date_format(facts["at"], "SHORT_DATETIME_FORMAT")}  # type: ignore[arg-type]
            case Reason.TASK_OPEN:
                return _("What has to be done today is not done yet: %(task)s.") % {"task": facts["task"]}
            case Reason.NOT_ENOUGH_POINTS:
                missing = int(str(facts["missing"]))
                return ngettext("One point is missing.", "%(count)d points are missing.", missing) % {"count": missing}
            case Reason.ACCOUNT_TOO_NEW:
                days = int(str(facts["days"]))
                words = ngettext(
                    "Your account must be a day old.", "Your account must be at least %(days)d days old.", days
                )
                return words % {"days": days}
            case _:
                return _words()[self.reason]


def _words() -> dict[Reason, str]:
    return {
        Reason.NOT_FOUND: _("There is no such campaign."),
        Reason.NOT_STARTED: _("This has not started yet."),
        Reason.ENDED: _("This is over."),
        Reason.PAUSED: _("This is paused for the moment."),
        Reason.NOT_ELIGIBLE: _("This is not open to you."),
        Reason.NOTHING_TO_MAKE_UP: _("This day cannot be made up."),
        Reason.NO_MAKE_UPS_LEFT: _("You have made up as many days as you can."),
        Reason.NO_CHANCES: _("You have no draws left."),
        Reason.TODAY_IS_OVER: _("You have drawn as often as you can today."),
        Reason.TOO_MANY_ON_DEVICE: _("Too many accounts are used on this device."),
        Reason.BLOCKED: _("This account cannot take part."),
    }
