"""Reading a rule from JSON: everything that can be wrong is told, each with its path."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from profiles.models.course import CourseKind
from profiles.models.event import EventType
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
    TraitIs,
    Values,
)
from profiles.segmentation.traits import OPERATORS, TRAITS, Kind

DEEPEST = 10
MOST_CONDITIONS = 100
MOST_VALUES = 100
LARGEST_NUMBER = 1e15
YEARS = (1970, 2999)
LEAVES: dict[str, Any] = {
    "trait": TraitIs,
    "interest": InterestedIn,
    "platform": OnPlatform,
    "segment": InSegment,
    "consents": ConsentsTo,
    "account_trait": AccountTraitIs,
}
GROUPS = ("all", "any")
NAMES = ("all", "any", "not", "did", *LEAVES)
ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a rule: a JSON pointer into it, and words for people."""

    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}" if self.path else self.detail


class RuleError(Exception):
    """No rule; `faults` has all that could be found at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def parse(value: Any) -> Condition:
    """The rule in a JSON value, or in a text of JSON. Raises `RuleError` with all faults, each with its path."""
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise RuleError([Fault("", _("This is no valid JSON: %(error)s") % {"error": error})]) from None
    reader = _Reader()
    rule = reader.condition(value, "", 0)
    if reader.faults or rule is None:
        raise RuleError(reader.faults)
    return rule


def moments(between: tuple[str, str]) -> tuple[datetime, datetime]:
    """From when until before when. A day without a time begins at midnight and, as the end, counts whole.

    Raises `ValueError`.
    """
    return _moment(between[0], is_end=False), _moment(between[1], is_end=True)


def _moment(text: str, *, is_end: bool) -> datetime:
    zone = ZoneInfo(settings.TIME_ZONE)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = date.fromisoformat(text) + timedelta(days=1 if is_end else 0)
        return datetime.combine(day, time(), zone).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


class _Reader:
    """Reads one rule and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._count = 0

    def condition(self, value: Any, path: str, depth: int) -> Condition | None:
        """The condition in a value; None when something is wrong with it."""
        self._count += 1
        name = next((each for each in NAMES if each in value), None) if isinstance(value, dict) else None
        if fault := self._fault_of_form(value, name, depth):
            self._fault(path, fault)
        elif name in GROUPS:
            return self._group(name, value[name], f"{path}/{name}", depth)
        elif name == "not":
            inner = self.condition(value["not"], f"{path}/not", depth + 1)
            return NotOf(inner) if inner is not None else None
        elif name == "did":
            return self._did(value["did"], f"{path}/did")
        elif name is not None:
            return self._leaf(LEAVES[name], value, path)
        return None

    def _fault_of_form(self, value: Any, name: str | None, depth: int) -> str | None:
        if self._count > MOST_CONDITIONS or depth > DEEPEST:
            detail = _("A rule has at most %(most)d conditions, nested %(deepest)d deep.")
            return detail % {"most": MOST_CONDITIONS, "deepest": DEEPEST}
        if not isinstance(value, dict):
            return _('A condition is an object, such as {"platform": "my-site"}.')
        if name is None:
            return _("A condition has one of these: %(names)s.") % {"names": ", ".join(NAMES)}
        if name not in LEAVES and len(value) > 1:
            more = ", ".join(sorted(str(each) for each in value if each != name))
            return _("Beside “%(name)s” nothing else may stand: %(more)s.") % {"name": name, "more": more}
        return None

    def _group(self, name: str, value: Any, path: str, depth: int) -> Condition | None:
        if not isinstance(value, list) or not value:
            self._fault(path, _("Here stands a list with one condition at least."))
            return None
        some = value[: MOST_CONDITIONS + 1]
        found = [self.condition(each, f"{path}/{place}", depth + 1) for place, each in enumerate(some)]
        whole = tuple(each for each in found if each is not None)
        if len(whole) < len(found):
            return None
        return AllOf(whole) if name == "all" else AnyOf(whole)

    def _leaf(self, kind: Any, value: dict[str, Any], path: str) -> Condition | None:
        leaf = self._converted(kind, value, path)
        if isinstance(leaf, TraitIs):
            self._check(_trait_faults(leaf), path)
        if isinstance(leaf, AccountTraitIs):
            self._check(_account_trait_faults(leaf), path)
        return leaf

    def _did(self, value: Any, path: str) -> Condition | None:
        if isinstance(value, dict):
            single = {name: [value[name]] for name in ("type", "category", "kind") if isinstance(value.get(name), str)}
            known = set(Did.__struct_fields__)
            for name in value:
                if name not in known:
                    self._fault(
                        f"{path}/{name}",
                        _("There is no such field; known are %(names)s.") % {"names": ", ".join(sorted(known))},
                    )
            value = {name: each for name, each in (value | single).items() if each is not None}
        did = self._converted(Did, value, path)
        if did is None:
            return None
        self._check(_did_faults(did), path)
        return DidIt(did)

    def _converted(self, kind: Any, value: Any, path: str) -> Any:
        try:
            found = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            message, _at, place = str(error).partition(" - at `")
            below = re.sub(
                r"\[(\d+|\.\.\.)\]|\.", lambda found: "/" + (found[1] or ""), place.rstrip("`").removeprefix("$")
            )
            self._fault(path + below, _in_plain_words(message))
            return None
        self._check(_text_faults(value), path)
        return found

    def _check(self, faults: Iterator[tuple[str, str]], path: str) -> None:
        for below, detail in faults:
            self._fault(f"{path}{below}", detail)

    def _fault(self, path: str, detail: str) -> None:
        if len(self.faults) < MOST_CONDITIONS:
            self.faults.append(Fault(path, detail))


def _in_plain_words(message: str) -> str:
    """What msgspec says, in the reader's language where it is what people do wrong most."""
    if "got `null`" in message or "length >= 1" in message:
        return _("A value is missing here.")
    if bound := re.fullmatch(r"Expected `(?:int|float)` (>=|<=|>|<) ([\d.e+]+)", message):
        return _("Here stands a number %(comparison)s %(bound)s.") % {"comparison": bound[1], "bound": bound[2]}
    return message


def _text_faults(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Texts and numbers that no database takes."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in pairs:
            yield from _text_faults(each, f"{path}/{name}")
    elif isinstance(value, str):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            yield path, _("This text has a character that cannot be kept.")
        elif len(value) > 200:
            yield path, _("A text has at most 200 characters.")
    elif isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
        yield path, _("This number is too large.")


def _trait_faults(leaf: TraitIs) -> Iterator[tuple[str, str]]:
    trait = TRAITS.get(leaf.trait)
    if trait is None:
        yield (
            "/trait",
            _("There is no trait “%(name)s”; known are %(names)s.")
            % {
                "name": leaf.trait,
                "names": ", ".join(TRAITS),
            },
        )
        return
    if leaf.op not in OPERATORS[trait.kind]:
        yield "/op", _("This trait is compared by %(names)s.") % {"names": " ".join(OPERATORS[trait.kind])}
        return
    if fault := _list_fault(leaf.op, leaf.value):
        yield "/value", fault
        return
    for value in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
        if fault := CHECKS[trait.kind](value):
            yield "/value", fault
        elif trait.choices and value not in dict(trait.choices):
            yield "/value", _("This can be %(names)s.") % {"names": ", ".join(dict(trait.choices))}


def _account_trait_faults(leaf: AccountTraitIs) -> Iterator[tuple[str, str]]:
    if (fault := _list_fault(leaf.op, leaf.value)) or (leaf.op in ORDERED and (fault := _number_fault(leaf.value))):
        yield "/value", fault


def _list_fault(operator: str, value: Values) -> str | None:
    if (operator == "in") != isinstance(value, tuple):
        return _("“in” goes with a list of values, everything else with one value.")
    if isinstance(value, tuple) and not 0 < len(value) <= MOST_VALUES:
        return _("A list has 1 to %(most)d values.") % {"most": MOST_VALUES}
    return None


def _number_fault(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _("Here stands a number.")
    return None


def _share_fault(value: Any) -> str | None:
    if _number_fault(value) or not 0 <= value <= 1:
        return _("Here stands a share: a number from 0 to 1 (100 percent).")
    return None


def _word_fault(value: Any) -> str | None:
    return None if isinstance(value, str) and value else _("Here stands a word.")


def _time_fault(value: Any) -> str | None:
    try:
        is_sane = YEARS[0] <= _moment(value, is_end=False).year <= YEARS[1]
    except (TypeError, ValueError, OverflowError):
        is_sane = False
    if not is_sane:
        return _("Here stands a day or a moment, such as 2026-05-01 or 2026-05-01T08:00:00+08:00.")
    return None


CHECKS: dict[Kind, Callable[[Any], str | None]] = {
    Kind.NUMBER: _number_fault,
    Kind.MONEY: _number_fault,
    Kind.SHARE: _share_fault,
    Kind.WORD: _word_fault,
    Kind.TIME: _time_fault,
}


def _did_faults(did: Did) -> Iterator[tuple[str, str]]:
    for name, known in (("type", EventType.values), ("kind", CourseKind.values)):
        for place, value in enumerate(getattr(did, name)):
            if value not in known:
                yield f"/{name}/{place}", _("This can be %(names)s.") % {"names": ", ".join(known)}
    if did.course is not None and did.platform is None:
        yield "/course", _("A course is found by its id on a platform: say on which “platform”.")
    if did.at_least is not None and did.at_most is not None and did.at_most < did.at_least:
        yield (
            "/at_most",
            _("Nobody does something at most %(most)d times and at least %(least)d times.")
            % {
                "most": did.at_most,
                "least": did.at_least,
            },
        )
    if did.within_days is not None and did.between is not None:
        yield "/between", _("A window is either “within_days” or “between”.")
    if did.between is not None:
        yield from _between_faults(did.between)


def _between_faults(between: tuple[str, str]) -> Iterator[tuple[str, str]]:
    wrong = [(place, fault) for place, text in enumerate(between) if (fault := _time_fault(text))]
    for place, fault in wrong:
        yield f"/between/{place}", fault
    if not wrong and moments(between)[0] >= moments(between)[1]:
        yield "/between", _("The first moment comes before the second.")
