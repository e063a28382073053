"""Events in words."""

from babel.numbers import get_currency_precision

from profiles.models import Event, EventType

TOLD_IN_CONTEXT = ("query", "text")
"""Keys of the context under which platforms send what was searched for or written."""
LONGEST = 120


def detail_of(event: Event) -> str:
    """What an event says besides its type and course: stars, an amount, a share, a text; empty for nothing."""
    context = event.context or {}
    texts = [str(context[name])[:LONGEST] for name in TOLD_IN_CONTEXT if context.get(name)]
    return " · ".join(part for part in (_value(event), *texts) if part)


def _value(event: Event) -> str:
    if event.value is None:
        return ""
    if event.type == EventType.RATING:
        return f"★ {event.value.normalize():f}"
    if event.type == EventType.COMPLETE:
        return f"{event.value:.0%}"
    if event.type in (EventType.PURCHASE, EventType.REFUND):
        currency = event.course.currency if event.course else "CNY"
        digits = get_currency_precision(currency)
        return f"{event.value / 10**digits:,.{digits}f} {currency}"
    return f"{event.value.normalize():f}"
