"""Rules in words, in the reader's language."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform, Purpose
from profiles.models import CourseKind, EventType, Segment
from profiles.segmentation.naming import name_of
from profiles.segmentation.reading_rules import moments
from profiles.segmentation.rule import (
    AccountTraitIs,
    AllOf,
    AnyOf,
    Condition,
    ConsentsTo,
    Did,
    DidIt,
    InSegment,
    InterestedIn,
    NotOf,
    OnPlatform,
    Scalar,
    TraitIs,
    leaves,
)
from profiles.segmentation.traits import TRAITS, Kind, Trait

OPERATORS: dict[str, Promise] = {
    "=": _("is"),
    "!=": _("is not"),
    "<": _("is below"),
    "<=": _("is at most"),
    ">": _("is above"),
    ">=": _("is at least"),
    "in": _("is one of"),
}
WHOLE_DAY = timedelta(days=1)


def in_words(rule: Condition) -> str:
    """A rule as one sentence without a full stop, such as: viewed at least 3 times within 30 days, and not: bought."""
    return _Teller(rule).tell(rule, inside=False)


class _Teller:
    """Tells one rule, with the names of the platforms and segments in it."""

    def __init__(self, rule: Condition) -> None:
        slugs = {leaf.platform for leaf in leaves(rule) if isinstance(leaf, OnPlatform)}
        slugs |= {leaf.did.platform for leaf in leaves(rule) if isinstance(leaf, DidIt) and leaf.did.platform}
        keys = {leaf.segment for leaf in leaves(rule) if isinstance(leaf, InSegment)}
        self._platforms = dict(Platform.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}
        self._segments = {each.key: name_of(each) for each in Segment.objects.filter(key__in=keys)} if keys else {}

    def tell(self, rule: Condition, *, inside: bool) -> str:
        """A condition; `inside` others, several that belong together stand in brackets."""
        if isinstance(rule, NotOf):
            return gettext("not: %(condition)s") % {"condition": self.tell(rule.condition, inside=True)}
        if isinstance(rule, AllOf | AnyOf):
            some = rule.all if isinstance(rule, AllOf) else rule.any
            between = gettext(", and ") if isinstance(rule, AllOf) else gettext(", or ")
            told = between.join(self.tell(each, inside=len(some) > 1) for each in some)
            return gettext("(%(conditions)s)") % {"conditions": told} if inside and len(some) > 1 else told
        return self._leaf(rule)

    def _leaf(self, leaf: Condition) -> str:
        told = ""
        if isinstance(leaf, DidIt):
            told = self._did(leaf.did)
        elif isinstance(leaf, TraitIs):
            told = _compared(str(TRAITS[leaf.trait].words), leaf, TRAITS[leaf.trait])
        elif isinstance(leaf, AccountTraitIs):
            told = _compared(gettext("“%(name)s”") % {"name": leaf.account_trait}, leaf, None)
        elif isinstance(leaf, InterestedIn):
            values = {"name": leaf.interest, "percent": _percent(leaf.at_least)}
            told = gettext("%(name)s takes at least %(percent)s of the attention") % values
        elif isinstance(leaf, OnPlatform):
            told = gettext("is on %(platform)s") % {"platform": self._platforms.get(leaf.platform, leaf.platform)}
        elif isinstance(leaf, InSegment):
            told = gettext("belongs to “%(segment)s”") % {"segment": self._segments.get(leaf.segment, leaf.segment)}
        elif isinstance(leaf, ConsentsTo):
            told = gettext("agrees to “%(purpose)s”") % {"purpose": Purpose(leaf.consents).label}
        return told

    def _did(self, did: Did) -> str:
        told = _one_of(str(EventType(name).label) for name in did.type) if did.type else gettext("did anything")
        if about := list(self._about(did)):
            told = gettext("%(deed)s %(about)s") % {"deed": told, "about": _in_a_row(about)}
        if did.at_most == 0:
            told = gettext("never %(deed)s") % {"deed": told}
        elif often := list(_how_often(did)):
            told = gettext("%(deed)s %(often)s") % {"deed": told, "often": _in_a_row(often)}
        if did.within_days is not None:
            days = f"{did.within_days:g}"
            window = ngettext("within %(days)s day", "within %(days)s days", _plural(days)) % {"days": days}
            told = gettext("%(deed)s %(window)s") % {"deed": told, "window": window}
        if did.between is not None:
            start, end = moments(did.between)
            window = gettext("between %(start)s and %(end)s") % {"start": _moment(start), "end": _moment(end, 1)}
            told = gettext("%(deed)s %(window)s") % {"deed": told, "window": window}
        return told

    def _about(self, did: Did) -> Iterable[str]:
        if did.course is not None:
            yield gettext("the course %(course)s") % {"course": did.course}
        if did.kind:
            yield gettext("(%(kinds)s)") % {"kinds": _one_of(str(CourseKind(kind).label) for kind in did.kind)}
        if did.category:
            yield gettext("in %(categories)s") % {"categories": _one_of(did.category)}
        if did.platform is not None:
            yield gettext("on %(platform)s") % {"platform": self._platforms.get(did.platform, did.platform)}


def _how_often(did: Did) -> Iterable[str]:
    least = did.at_least or 0
    if did.at_most is not None and least == did.at_most:
        yield ngettext("exactly %(count)d time", "exactly %(count)d times", least) % {"count": least}
    elif did.at_most is not None:
        if least:
            yield gettext("%(least)d to %(most)d times") % {"least": least, "most": did.at_most}
        else:
            yield ngettext("at most %(count)d time", "at most %(count)d times", did.at_most) % {"count": did.at_most}
    elif least > 1:
        yield ngettext("at least %(count)d time", "at least %(count)d times", least) % {"count": least}
    if did.sum_at_least is not None:
        yield gettext("for %(sum)s in all") % {"sum": _number(did.sum_at_least, _is_money(did))}


def _is_money(did: Did) -> bool:
    return bool(did.type) and set(did.type) <= {EventType.PURCHASE, EventType.REFUND}


def _compared(name: str, leaf: TraitIs | AccountTraitIs, trait: Trait | None) -> str:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    value = _one_of(_value(each, trait) for each in values)
    return gettext("%(name)s %(operator)s %(value)s") % {"name": name, "operator": OPERATORS[leaf.op], "value": value}


def _value(value: Scalar, trait: Trait | None) -> str:
    if trait is not None and trait.choices:
        return str(dict(trait.choices)[str(value)])
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if trait is not None and trait.kind is Kind.TIME:
        return _moment(moments((str(value), str(value)))[0])
    if isinstance(value, str):
        return value
    return _percent(value) if trait is not None and trait.kind is Kind.SHARE else _number(value, _of_money(trait))


def _of_money(trait: Trait | None) -> bool:
    return trait is not None and trait.kind is Kind.MONEY


def _number(value: float, is_money: bool) -> str:
    """A number; money, kept in minor units, as people write it."""
    return f"{value / 100:,.2f}".removesuffix(".00") if is_money else f"{value:,.6g}"


def _percent(share: float) -> str:
    return f"{share * 100:.4g}%"


def _moment(moment: datetime, days_after: int = 0) -> str:
    """A moment; midnight as a day, `days_after` for an end that has the day before it whole."""
    local = timezone.localtime(moment)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return date_format(local - WHOLE_DAY * days_after, "Y-m-d")
    return date_format(local, "Y-m-d H:i")


def _in_a_row(parts: list[str]) -> str:
    told = parts[0]
    for part in parts[1:]:
        told = gettext("%(told)s %(more)s") % {"told": told, "more": part}
    return told


def _one_of(names: Iterable[str]) -> str:
    return gettext(" or ").join(names)


def _plural(days: str) -> int:
    return 1 if days == "1" else 2
