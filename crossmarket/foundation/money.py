"""Amounts of money as people write them."""

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language, to_locale


def in_words(minor_units: int, currency: str) -> str:
    """An amount in minor units as the active language writes it: ¥99, ¥0.99."""
    precision = get_currency_precision(currency)
    digits = 0 if minor_units % 10**precision == 0 else precision
    pattern = f"¤#,##0.{'0' * digits}".rstrip(".")
    shown = format_currency(minor_units / 10**precision, currency, pattern, locale=_locale(), currency_digits=False)
    return shown.replace("CN¥", "¥")  # as short as in the widget, where browsers use the narrow sign


def _locale() -> Locale:
    try:
        return Locale.parse(to_locale(get_language() or "zh-hans"))
    except (UnknownLocaleError, ValueError):
        return Locale("zh", script="Hans")
