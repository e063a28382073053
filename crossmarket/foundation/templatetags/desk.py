"""Filters of the desks' templates."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from crossmarket.foundation.pretty import pretty_json

register = template.Library()


@register.filter
def desk_number(value: Any) -> str:
    """A number with thousands separated, and of fractions four significant places; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and value != int(value):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return f"{int(value):,}"


@register.filter
def desk_json(value: Any) -> SafeString:
    """A value of JSON for the eye."""
    return pretty_json(value)
