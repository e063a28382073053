"""Reading the rules of a placement from JSON: what is wrong is told with its path."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from accounts.models import Platform
from profiles.models import Course, Segment
from profiles.models.course import CourseKind
from recommend.placements.rules import PlacementRules, Which

AT_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: a JSON pointer to it, and words for people."""

    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}" if self.path else self.detail


class RulesError(ValueError):
    """Rules that cannot be; `faults` says all that is known to be wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def read_rules(document: object) -> PlacementRules:
    """The rules in a JSON document that was decoded. Raises `RulesError` for what they cannot be by themselves."""
    try:
        rules = msgspec.convert(document, PlacementRules)
    except msgspec.ValidationError as error:
        raise RulesError([_fault(str(error))]) from None
    faults = list(_contradictions(rules))
    if faults:
        raise RulesError(faults)
    return rules


def checked(document: object) -> PlacementRules:
    """The same, and all that the rules name is there. Raises `RulesError`."""
    rules = read_rules(document)
    faults = list(_unknown_names(rules))
    if faults:
        raise RulesError(faults)
    return rules


def written(rules: PlacementRules) -> dict[str, Any]:
    """The JSON document of these rules: only what differs from the defaults."""
    document: dict[str, Any] = _differing(rules)
    return document


def _differing(value: Any) -> Any:
    """A structure as plain values, without fields that are as by default."""
    if isinstance(value, list):
        return [_differing(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(value):
        own = getattr(value, field.name)
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        if own != default:
            found[field.encode_name] = _differing(own)
    return found


def _fault(message: str) -> Fault:
    """Msgspec's words, such as ``Expected `int`, got `str` - at `$.pins[0].place` ``, as a fault."""
    found = AT_PATH.search(message)
    if found is None:
        return Fault("", message)
    parts = [name or number for name, number in PART.findall(found["path"])]
    return Fault("".join(f"/{part}" for part in parts), message[: found.start()])


def _contradictions(rules: PlacementRules) -> Iterator[Fault]:
    offer = rules.offer
    if offer.cheapest is not None and offer.dearest is not None and offer.cheapest > offer.dearest:
        yield Fault("/offer/dearest", _("The highest price is below the lowest."))
    for name in ("place", "course"):
        seen: set[int] = set()
        for number, pin in enumerate(rules.pins):
            value = getattr(pin, name)
            if value in seen:
                yield Fault(f"/pins/{number}/{name}", _("This is fixed twice."))
            seen.add(value)
    for path, which in _selections(rules):
        if which.asks_nothing and not path.startswith("/offer"):
            yield Fault(
                path, _("Say which courses: by category, kind, teacher, tag, platform, language or one by one.")
            )


def _unknown_names(rules: PlacementRules) -> Iterator[Fault]:
    found = dict(_selections(rules))
    slugs = {slug for which in found.values() for slug in which.platforms}
    known_slugs = set(Platform.objects.filter(slug__in=slugs).values_list("slug", flat=True)) if slugs else set()
    courses = {pk for which in found.values() for pk in which.courses} | {pin.course for pin in rules.pins}
    known_courses = set(Course.objects.filter(pk__in=courses).values_list("pk", flat=True)) if courses else set()
    for path, which in found.items():
        yield from _missing(f"{path}/platforms", which.platforms, known_slugs, _("There is no platform “%(name)s”."))
        yield from _missing(f"{path}/kinds", which.kinds, set(CourseKind.values), _("There is no kind “%(name)s”."))
        yield from _missing(f"{path}/courses", which.courses, known_courses, _("There is no course %(name)s."))
    for number, pin in enumerate(rules.pins):
        if pin.course not in known_courses:
            yield Fault(f"/pins/{number}/course", _("There is no course %(name)s.") % {"name": pin.course})
    keys = {rule.segment for rule in rules.members}
    known_keys = set(Segment.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    for number, rule in enumerate(rules.members):
        if rule.segment not in known_keys:
            words = _("There is no segment “%(name)s”.") % {"name": rule.segment}
            yield Fault(f"/members/{number}/segment", words)


def _missing(path: str, names: Iterable[object], known: set[Any], words: str) -> Iterator[Fault]:
    for number, name in enumerate(names):
        if name not in known:
            yield Fault(f"{path}/{number}", words % {"name": name})


def _selections(rules: PlacementRules) -> Iterator[tuple[str, Which]]:
    """All selections of courses in the rules with their paths."""
    yield "/offer/only", rules.offer.only
    yield "/offer/never", rules.offer.never
    for number, members in enumerate(rules.members):
        yield f"/members/{number}/which", members.which
    for number, boost in enumerate(rules.boosts):
        yield f"/boosts/{number}/which", boost.which
