"""Money at the desk."""

from django import template

from crossmarket.foundation.money import in_words

register = template.Library()


@register.filter
def desk_money(minor_units: float | None, currency: str = "CNY") -> str:
    """An amount in minor units in words, also 0; a hyphen for None."""
    return "-" if minor_units is None else in_words(round(minor_units), currency)
