"""Prices as people write them."""

from django import template
from django.utils.translation import gettext

from crossmarket.foundation.money import in_words

register = template.Library()


@register.filter
def money(minor_units: int | None, currency: str = "CNY") -> str:
    """An amount in minor units in the words of the active language: ¥99, ¥0.99, "free" for 0; nothing for None."""
    if minor_units is None:
        return ""
    return in_words(minor_units, currency) if minor_units else gettext("Free")
