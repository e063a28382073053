"""Money and shares as people write them, kept in minor units and basis points."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.utils.translation import gettext as _

LARGEST = Decimal(10) ** 13


def minor_units(amount: Decimal, currency: str) -> int:
    """19.90 CNY is 1990. Raises `ValueError` for parts that the currency does not have."""
    scaled = amount.scaleb(get_currency_precision(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(_("%(currency)s has no parts as small as this.") % {"currency": currency})
    return int(scaled)


def major_units(minor: int, currency: str) -> Decimal:
    """1990 of CNY is 19.90, and 1900 is 19."""
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    whole = amount.to_integral_value()
    return whole if whole == amount else amount


class MoneyField(forms.DecimalField):
    """An amount as people write it; cleaned to minor units of `currency`, which a form may set."""

    currency = "CNY"

    def __init__(self, **options: Any) -> None:
        widget = forms.NumberInput({"class": "desk-input", "step": "any", "min": "0", "inputmode": "decimal"})
        super().__init__(**{"min_value": 0, "max_value": LARGEST, "widget": widget, **options})

    def prepare_value(self, value: Any) -> Any:
        """Minor units as they are shown."""
        return major_units(value, self.currency) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        """Minor units. Raises `ValidationError`."""
        amount = super().clean(value)
        if amount is None:
            return None
        try:
            return minor_units(amount, self.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
