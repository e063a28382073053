"""Letting something stand for values that are missing; `Event.objects.cleaned()` does it while it is read."""

from django.utils.translation import gettext_lazy as _

from profiles.cleaning.step import FillingIn
from profiles.models import EventType
from profiles.models.missing_value import missing

HAS_PRICE = {"course__price__isnull": False}

WHOLE_COMPLETIONS = FillingIn(
    name="whole_completion",
    title=_("completions taken as whole"),
    rule=_("A completion that does not say how much of the course was completed counts as all of it."),
    filled=missing(EventType.COMPLETE),
)
PRICES_OF_PURCHASES = FillingIn(
    name="price_of_purchase",
    title=_("purchases taken at the price"),
    rule=_("A purchase without an amount counts with what the course costs now, where that is known."),
    filled=missing(EventType.PURCHASE, **HAS_PRICE),
)
PRICES_OF_REFUNDS = FillingIn(
    name="price_of_refund",
    title=_("refunds taken at the price"),
    rule=_("A refund without an amount counts with what the course costs now, where that is known."),
    filled=missing(EventType.REFUND, **HAS_PRICE),
)
