"""Entries of a platform made into ours, by its mapping."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from profiles.ingest.mapping.document import Rule, fields_of, is_timezone, read_document, rules_of
from profiles.ingest.mapping.expressions import Evaluation, Expression
from profiles.ingest.mapping.faults import Fault, Inconvertible, MappingError, Unmappable
from profiles.ingest.mapping.kinds import CONVERTERS, Kind
from profiles.ingest.mapping.times import moment
from profiles.ingest.mapping.units import converted, shown

Subject = Literal["event", "item"]

MESSAGE_ID = "message_id"
CONTEXT = "context/"
KINDS = {
    "value": Kind.NUMBER,
    "timestamp": Kind.TIME,
    "tags": Kind.LIST,
    "price": Kind.WHOLE,
    "published_at": Kind.TIME,
    "available": Kind.BOOLEAN,
    "context": Kind.OBJECT,
}
"""The kind of each field that is no text."""


@dataclass(frozen=True)
class Step:
    """One rule, made ready: what it takes, when it counts, and how it converts."""

    source: Expression
    when: Expression | None
    rule: Rule
    zone: ZoneInfo
    kind: Kind

    def value(self, entry: Any, evaluation: Evaluation) -> Any:
        """What this gives for an entry; None where the entry says nothing. Raises `Inconvertible`."""
        found = self.source.of(entry, evaluation)
        if found is None or found == "":
            return None
        if self.rule.values is not None:
            found = _looked_up(found, self.rule)
        if self.rule.unit is not None:
            found = converted(found, self.rule.unit)
        if self.kind is Kind.TIME or self.rule.time is not None:
            return _iso(moment(found, self.rule.time or "iso", self.zone, self.rule.pattern))
        return CONVERTERS[self.kind](found)


@dataclass(frozen=True)
class Target:
    """A field of ours and the steps that may fill it, in order."""

    name: str
    steps: tuple[Step, ...]

    def value(self, entry: Any, evaluation: Evaluation) -> Any:
        """What the first step gives that counts for this entry; None when none does. Raises `Unmappable`."""
        for step in self.steps:
            try:
                if step.when is None or _holds(step.when.of(entry, evaluation)):
                    return step.value(entry, evaluation)
            except Inconvertible as error:
                raise Unmappable(f"/{self.name}", f"{error} (from `{step.source.text}`).") from None
        return None


@dataclass(frozen=True)
class Mapper:
    """Makes entries of a platform into ours: one subject of one document, ready to be used by any thread."""

    subject: Subject
    targets: tuple[Target, ...]

    def map(self, entry: Any) -> dict[str, Any]:
        """An entry in our shape; what theirs does not say is left out. Raises `Unmappable`.

        Whether the result is a good event or item is for those to say who take it.
        """
        if not isinstance(entry, dict):
            raise Unmappable("", f"An entry is an object, not {shown(entry)}.")
        evaluation = Evaluation()
        mapped: dict[str, Any] = {}
        context: dict[str, Any] = {}
        for target in self.targets:
            value = target.value(entry, evaluation)
            if value is None:
                continue
            if target.name.startswith(CONTEXT):
                context[_unescaped(target.name.removeprefix(CONTEXT))] = value
            else:
                mapped[target.name] = value
        if context:
            mapped["context"] = context
        if self.subject == "event" and not self._names_messages:
            mapped[MESSAGE_ID] = f"made-{_digest(entry)}"
        return mapped

    def columns_of(self, field: str) -> frozenset[str]:
        """The names that a field of ours is taken from, such as columns of a file; empty when it is not declared."""
        steps = [step for target in self.targets if target.name == field for step in target.steps]
        return frozenset(root for step in steps for root in step.source.roots)

    @property
    def _names_messages(self) -> bool:
        return any(target.name == MESSAGE_ID for target in self.targets)


@lru_cache(maxsize=128)
def mapper_for(text: str, subject: Subject, timezone: str = "UTC") -> Mapper:
    """The mapper of a document for events or items; `timezone` is that of local times unless the document says so.

    Raises `MappingError`, also when the document says nothing of the subject.
    """
    document = read_document(text)
    mapping = document.event if subject == "event" else document.item
    if mapping is None:
        raise MappingError([Fault(f"/{subject}", f"The mapping declares no {subject}.")])
    zone = document.timezone or (timezone if is_timezone(timezone) else "UTC")
    targets = tuple(
        Target(name, tuple(_step(name, rule, zone) for _place, rule in rules_of(field)))
        for name, field in fields_of(mapping).items()
    )
    return Mapper(subject, targets)


def _step(name: str, rule: Rule, zone: str) -> Step:
    kind = Kind.ANY if name.startswith(CONTEXT) else KINDS.get(name, Kind.TEXT)
    when = None if rule.when is None else Expression(rule.when)
    return Step(Expression(rule.source), when, rule, ZoneInfo(rule.timezone or zone), kind)


def _looked_up(found: Any, rule: Rule) -> Any:
    name = CONVERTERS[Kind.TEXT](found) if not isinstance(found, bool) else str(found).lower()
    table = rule.values or {}
    if name in table:
        return table[name]
    if rule.otherwise is None:
        raise Inconvertible(f"{shown(found)} is none of the values that the mapping knows")
    return rule.otherwise


def _holds(found: Any) -> bool:
    """What JMESPath takes to be true: 0 is, and what is empty is not."""
    return not (found is None or found is False or found in ("", [], {}))


def _iso(found: datetime) -> str:
    return found.isoformat()


def _digest(entry: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(entry, order="deterministic")).hexdigest()[:40]


def _unescaped(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")
