"""Why a coupon does not work, for programs and in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crossmarket.foundation.money import in_words


class Reason(StrEnum):
    """Why, as programs read it."""

    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    NOT_STARTED = "not_started"
    EXHAUSTED = "exhausted"
    BUDGET_EXHAUSTED = "budget_exhausted"
    ALREADY_USED = "already_used"
    NOT_ELIGIBLE = "not_eligible"
    BELOW_MINIMUM = "below_minimum"
    NOT_APPLICABLE = "not_applicable"
    NOT_STACKABLE = "not_stackable"
    WRONG_CURRENCY = "wrong_currency"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code that does not work, and why; `facts` are what the words tell."""

    code: str
    reason: Reason
    facts: dict[str, Any] = field(default_factory=dict)

    def in_words(self) -> str:
        """A sentence for people, in the active language."""
        return _WORDS[self.reason](self.facts)


def _moment(at: datetime) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


def _expired(facts: dict[str, Any]) -> str:
    if at := facts.get("at"):
        return _("This coupon was good until %(moment)s.") % {"moment": _moment(at)}
    return _("This coupon is no longer offered.")


def _not_started(facts: dict[str, Any]) -> str:
    if at := facts.get("at"):
        return _("This coupon is good from %(moment)s on.") % {"moment": _moment(at)}
    if facts.get("paused"):
        return _("This coupon pauses at the moment. Try again later.")
    return _("This coupon is good at certain hours only, and not now.")


def _exhausted(facts: dict[str, Any]) -> str:
    if facts.get("today"):
        return _("All of these coupons for today are used. Try again tomorrow.")
    return _("All of these coupons are used.")


def _already_used(facts: dict[str, Any]) -> str:
    limit = facts.get("limit")
    if limit and limit > 1:
        return _("You have used this coupon %(limit)d times, which is as often as it can be.") % {"limit": limit}
    return _("This coupon has been used already.")


def _not_eligible(facts: dict[str, Any]) -> str:
    if facts.get("first_purchase"):
        return _("This coupon is for the first purchase only.")
    if facts.get("held"):
        return _("This coupon belongs to somebody else.")
    return _("This coupon is for certain people only.")


def _below_minimum(facts: dict[str, Any]) -> str:
    missing = in_words(facts["missing"], facts["currency"])
    return _("%(missing)s more is needed for this coupon.") % {"missing": missing}


def _not_stackable(facts: dict[str, Any]) -> str:
    return _("This coupon cannot be combined with %(other)s.") % {"other": facts["beside"]}


def _wrong_currency(facts: dict[str, Any]) -> str:
    return _("This coupon is for orders in %(currency)s.") % {"currency": facts["currency"]}


_WORDS = {
    Reason.NOT_FOUND: lambda _facts: _("There is no such coupon. Check the code."),
    Reason.EXPIRED: _expired,
    Reason.NOT_STARTED: _not_started,
    Reason.EXHAUSTED: _exhausted,
    Reason.BUDGET_EXHAUSTED: lambda _facts: _("What was set aside for these coupons is used up."),
    Reason.ALREADY_USED: _already_used,
    Reason.NOT_ELIGIBLE: _not_eligible,
    Reason.BELOW_MINIMUM: _below_minimum,
    Reason.NOT_APPLICABLE: lambda _facts: _("This coupon is good for nothing in this order."),
    Reason.NOT_STACKABLE: _not_stackable,
    Reason.WRONG_CURRENCY: _wrong_currency,
}
