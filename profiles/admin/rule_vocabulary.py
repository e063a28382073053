"""What the builder of rules offers, in the reader's language, and the rules that one can start from."""

from collections.abc import Iterable
from typing import Any

from babel.numbers import get_currency_precision
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform, Purpose
from profiles.admin.rule_words import WORDS
from profiles.models import CourseKind, EventType, ProfileModel, Segment
from profiles.profiling.sources import usual_categories, usual_currency
from profiles.segmentation.naming import name_of
from profiles.segmentation.traits import TRAITS, Kind, Trait

ACCOUNTS_LOOKED_AT = 200
"""So many latest accounts are asked which traits platforms tell; others can be typed."""
GROUPS: dict[str, Promise] = {
    "": _("in general"),
    "spending": _("spending"),
    "rfm": _("recency, frequency, money"),
    "hours": _("hours"),
}
"""Traits by the part of their name before the dot."""
UNITS: dict[str, Promise] = {"rfm.recency_days": _("days"), "rfm.frequency": _("days")}
COMPARISONS: dict[str, Promise] = {
    ">=": _("at least"),
    "<=": _("at most"),
    ">": _("more than"),
    "<": _("less than"),
    "=": _("is"),
    "!=": _("is not"),
    "in": _("is one of"),
}
IN_TIME: dict[str, Promise] = {
    ">=": _("on or after"),
    "<": _("before"),
    ">": _("after"),
    "<=": _("until"),
}
OPERATORS: dict[str, dict[str, Promise]] = {
    "number": {name: words for name, words in COMPARISONS.items() if name != "in"},
    "choice": {name: COMPARISONS[name] for name in ("=", "!=", "in")},
    "text": {name: COMPARISONS[name] for name in ("=", "!=", "in")},
    "time": IN_TIME,
    "told": {name: COMPARISONS[name] for name in ("=", "!=", "in", ">=", "<=", ">", "<")},
}
"""What values of each type can be compared by, in the order that suits most rules."""

EXAMPLES: dict[str, tuple[Promise, dict[str, Any]]] = {
    "almost_bought": (
        _("Looked often, bought nothing"),
        {
            "all": [
                {"did": {"type": ["view", "click"], "at_least": 5, "within_days": 14}},
                {"not": {"did": {"type": "purchase", "within_days": 14}}},
            ]
        },
    ),
    "best": (
        _("Spends much, was here lately"),
        {
            "all": [
                {"trait": "spending.percentile", "op": ">=", "value": 0.8},
                {"did": {"within_days": 14}},
            ]
        },
    ),
    "leaving": (
        _("Came often, stays away now"),
        {
            "all": [
                {"trait": "rfm.frequency", "op": ">=", "value": 10},
                {"not": {"did": {"within_days": 30}}},
            ]
        },
    ),
    "night": (
        _("Learns at night, may be written to"),
        {
            "all": [
                {"trait": "hours.habit", "op": "in", "value": ["evening", "night"]},
                {"consents": "marketing"},
            ]
        },
    ),
    "across": (
        _("Learns on several platforms, completed something"),
        {
            "all": [
                {"trait": "platforms", "op": ">=", "value": 2},
                {
                    "any": [
                        {"did": {"type": "complete", "within_days": 90}},
                        {"trait": "completed", "op": ">=", "value": 3},
                    ]
                },
            ]
        },
    ),
}
"""Rules to start from: what they are for, and how they say it."""


def vocabulary(own_key: str = "") -> dict[str, Any]:
    """Everything that a rule can speak of, as `static/desk/segments/conditions.js` describes it.

    own_key: of the segment whose rule it is, which cannot ask about itself.
    """
    model = ProfileModel.objects.current()
    categories = usual_categories()
    return {
        "words": {name: str(words) for name, words in WORDS.items()},
        "traits": _traits(usual_currency()),
        "operators": {kind: _options(words.items()) for kind, words in OPERATORS.items()},
        "deeds": _options(EventType.choices),
        "kinds": _options(CourseKind.choices),
        "categories": _options((each, each) for each in categories),
        "interests": [
            {"label": gettext("categories"), "options": _interests("categories", categories)},
            {"label": gettext("topics"), "options": _interests("topics", model.topics if model else [])},
        ],
        "platforms": _options(Platform.objects.order_by("name").values_list("slug", "name")),
        "segments": _options((each.key, name_of(each)) for each in _others(own_key)),
        "purposes": _options(Purpose.choices),
        "told": _options((name, name) for name in _told()),
    }


def _options(pairs: Iterable[tuple[Any, Any]]) -> list[dict[str, str]]:
    return [{"value": str(value), "label": str(words)} for value, words in pairs]


def _interests(among: str, names: Iterable[str]) -> list[dict[str, str]]:
    return _options((f"{among}/{name}", name) for name in names if name)


def _others(own_key: str) -> QuerySet[Segment]:
    return Segment.objects.active().exclude(key=own_key)


def _told() -> list[str]:
    """The names of traits that platforms tell of accounts, seen in a few of them."""
    latest = LinkedAccount.objects.order_by("-pk").values_list("traits", flat=True)[:ACCOUNTS_LOOKED_AT]
    return sorted({name for traits in latest if isinstance(traits, dict) for name in traits})


def _traits(currency: str) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, trait in TRAITS.items():
        group = name.split(".")[0] if "." in name else ""
        groups.setdefault(group, []).append(_trait(name, trait, currency))
    return [{"label": str(GROUPS.get(group, group)), "options": options} for group, options in groups.items()]


def _trait(name: str, trait: Trait, currency: str) -> dict[str, Any]:
    kind, unit, scale = "number", str(UNITS.get(name, "")), 1.0
    if trait.kind is Kind.SHARE:
        unit, scale = "%", 100.0
    elif trait.kind is Kind.MONEY:
        unit, scale = currency, 10.0 ** -get_currency_precision(currency)
    elif trait.kind is Kind.TIME:
        kind = "time"
    elif trait.kind is Kind.WORD:
        kind = "choice" if trait.choices else "text"
    told = {"value": name, "label": str(trait.words), "type": kind, "unit": unit, "scale": scale}
    return told | {"choices": _options(trait.choices)}
