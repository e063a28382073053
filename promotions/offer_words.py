"""Why somebody got an offer, in words: for them, and for those who answer for it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from promotions.models import Coupon, Offer


class ReasonKind(StrEnum):
    """What made the decision."""

    BY_CHANCE = "by_chance"
    LOOKED_AT = "looked_at"
    SUITS = "suits"


def reason_of(explored: bool, inputs: Mapping[str, Any], category: str) -> dict[str, str]:
    """The reason as it is kept."""
    if explored:
        return {"kind": ReasonKind.BY_CHANCE}
    if inputs.get("views"):
        return {"kind": ReasonKind.LOOKED_AT}
    return {"kind": ReasonKind.SUITS, "category": category}


def in_words(reason: Mapping[str, Any]) -> str:
    """The reason in the active language; empty for none."""
    match reason.get("kind"):
        case ReasonKind.BY_CHANCE:
            return _("Drawn by chance, to learn what discounts do; not for who you are.")
        case ReasonKind.LOOKED_AT:
            return _("Because you looked at this course lately.")
        case ReasonKind.SUITS if reason.get("category"):
            return _("Because it goes with what you learn: “%(category)s”.") % {"category": reason["category"]}
        case ReasonKind.SUITS:
            return _("Because it goes with what you learn.")
        case _:
            return ""


def of_coupon(coupon: Coupon) -> str | None:
    """Why a coupon was offered, in the active language; None for those that are no personal offers."""
    offer: Offer | None = getattr(coupon, "offer", None)
    return in_words(offer.reason) if offer is not None else None
