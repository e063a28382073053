"""Rules of coupons on pages."""

from django import template

from promotions import rule_words
from promotions.models import Coupon, CouponBatch

register = template.Library()


@register.filter
def gives(batch: CouponBatch) -> str:
    """What a coupon of the batch gives, in words."""
    return rule_words.in_words(batch)[0]


@register.filter
def conditions(batch: CouponBatch) -> list[str]:
    """The rest of the rule: for what, when and how often."""
    return rule_words.in_words(batch)[1:]


@register.filter
def own_gives(coupon: Coupon) -> str:
    """What just this coupon gives, in words."""
    return rule_words.in_words(coupon.batch, coupon=coupon)[0]


@register.filter
def own_conditions(coupon: Coupon) -> list[str]:
    """The rest of its rule."""
    return rule_words.in_words(coupon.batch, coupon=coupon)[1:]
