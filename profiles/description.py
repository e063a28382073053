"""A profile in words."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from profiles.modeling.traits import Traits

HABITS = {
    "night": _("learns late at night"),
    "early_morning": _("learns early in the morning"),
    "morning": _("learns in the morning"),
    "midday": _("learns at midday"),
    "afternoon": _("learns in the afternoon"),
    "evening": _("learns in the evening"),
}
DAYPARTS = {
    "night": _("late at night"),
    "early_morning": _("early in the morning"),
    "morning": _("in the morning"),
    "midday": _("at midday"),
    "afternoon": _("in the afternoon"),
    "evening": _("in the evening"),
}
WAYS = {
    "audio": _("mostly by listening"),
    "article": _("mostly by reading"),
    "video": _("mostly by watching"),
    "live": _("mostly in live lectures"),
}
TIERS = {"low": _("spends little"), "mid": _("spends moderately"), "high": _("spends much")}

MAIN_INTEREST = 0.15
"""The share from which an interest is worth a word."""
MAIN_KIND = 0.6
"""The share from which a kind of course is how somebody learns."""
ABOVE_OTHERS = 0.5
WEEKEND = 0.5
MINDS_PRICES = 0.3
LONG_AWAY_DAYS = 60


def describe(traits: Traits) -> str:
    """A sentence in the active language, such as "learns late at night, mostly by listening, on 3 platforms"."""
    told = [_habit(traits), _way(traits), _platforms(traits), _interests(traits), *_spending(traits)]
    parts = [part for part in told if part]
    if traits.rfm and traits.rfm.recency_days >= LONG_AWAY_DAYS:
        parts.append(gettext("not seen for %(days)d days") % {"days": traits.rfm.recency_days})
    if not parts:
        return gettext("nothing is known yet")
    sentence = parts[0]
    for part in parts[1:]:
        sentence = gettext("%(first)s, %(second)s") % {"first": sentence, "second": part}
    return sentence


def _habit(traits: Traits) -> str:
    hours = traits.hours
    if hours.habit is None:
        return ""
    words = str(HABITS[hours.habit])
    if (hours.weekend_share or 0.0) > WEEKEND:
        return gettext("%(habit)s, mostly at weekends") % {"habit": words}
    return words


def _way(traits: Traits) -> str:
    most = traits.kinds[0] if traits.kinds else None
    return str(WAYS.get(most.name, "")) if most and most.share >= MAIN_KIND else ""


def _platforms(traits: Traits) -> str:
    count = len(traits.platforms)
    return ngettext("on %(count)d platform", "on %(count)d platforms", count) % {"count": count} if count else ""


def _interests(traits: Traits) -> str:
    main = [interest.name for interest in traits.categories if interest.share >= MAIN_INTEREST][:2]
    if len(main) == 2:
        return gettext("%(first)s and %(second)s") % {"first": main[0], "second": main[1]}
    return main[0] if main else ""


def _spending(traits: Traits) -> list[str]:
    spending = traits.spending
    parts = []
    if spending.spent > 0 and spending.percentile is not None and spending.percentile >= ABOVE_OTHERS:
        percent = int(spending.percentile * 100)
        parts.append(gettext("spends above %(percent)d%% of members") % {"percent": percent})
    elif spending.tier:
        parts.append(str(TIERS[spending.tier]))
    if (spending.price_gap or 0.0) >= MINDS_PRICES:
        parts.append(gettext("minds prices"))
    return parts
