"""Rules of coupons on pages."""

from typing import Any

from django import template

from promotions import offer_words, rule_words
from promotions.models import Coupon, CouponBatch

register = template.Library()


@register.filter
def gives(batch: CouponBatch) -> str:
    """What a coupon of the batch gives, in words."""
    return rule_words.gives_in_words(batch)


@register.filter
def conditions(batch: CouponBatch) -> list[str]:
    """The rest of the rule: for what, when and how often."""
    return rule_words.in_words(batch)[1:]


@register.filter
def own_gives(coupon: Coupon) -> str:
    """What just this coupon gives, in words."""
    return rule_words.gives_in_words(coupon.batch, coupon)


@register.filter
def own_conditions(coupon: Coupon) -> list[str]:
    """The rest of its rule."""
    return rule_words.in_words(coupon.batch, coupon=coupon)[1:]


@register.filter
def offer_reason(coupon: Coupon) -> str:
    """Why it was offered; empty for coupons that are no personal offers."""
    return offer_words.of_coupon(coupon) or ""


@register.filter
def reason_words(reason: dict[str, Any]) -> str:
    """The reason of a decision."""
    return offer_words.in_words(reason)
