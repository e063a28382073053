"""Rules of coupons on pages."""

from django import template

from promotions import rule_words
from promotions.models import CouponBatch

register = template.Library()


@register.filter
def gives(batch: CouponBatch) -> str:
    """What a coupon of the batch gives, in words."""
    return rule_words.in_words(batch)[0]


@register.filter
def conditions(batch: CouponBatch) -> list[str]:
    """The rest of the rule: for what, when and how often."""
    return rule_words.in_words(batch)[1:]
