"""Prices as people write them."""

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django import template
from django.utils.translation import get_language, gettext, to_locale

register = template.Library()


@register.filter
def money(minor_units: int | None, currency: str = "CNY") -> str:
    """An amount in minor units in the words of the active language: ¥99, ¥0.99, "free" for 0; nothing for None."""
    if minor_units is None:
        return ""
    if minor_units == 0:
        return gettext("Free")
    precision = get_currency_precision(currency)
    amount = minor_units / 10**precision
    digits = 0 if minor_units % 10**precision == 0 else precision
    pattern = f"¤#,##0.{'0' * digits}".rstrip(".")
    shown = format_currency(amount, currency, pattern, locale=_locale(), currency_digits=False)
    return shown.replace("CN¥", "¥")  # as short as in the widget, where browsers use the narrow sign


def _locale() -> Locale:
    try:
        return Locale.parse(to_locale(get_language() or "zh-hans"))
    except (UnknownLocaleError, ValueError):
        return Locale("zh", script="Hans")
