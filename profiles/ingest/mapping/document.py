"""The document in which a platform declares its mapping, and how it is read."""

import re
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from profiles.ingest.mapping.expressions import BadExpression, Expression
from profiles.ingest.mapping.faults import Fault, MappingError
from profiles.ingest.mapping.times import TimeFormat, check_pattern
from profiles.ingest.mapping.units import UNITS

LARGEST = 64 * 1024
"""Bytes of a document."""
MOST_RULES = 20
MOST_VALUES = 500
MOST_CONTEXT = 50

Scalar = str | int | float | bool
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """Where a value comes from and how it is converted.

    `from` and `when` are JMESPath. `values` is a table from their names to ours; a name that it does not have is
    refused, unless `otherwise` says what it is. `timezone` is that of local times.
    """

    source: str
    when: str | None = None
    unit: str | None = None
    time: TimeFormat | None = None
    pattern: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    timezone: str | None = None
    values: Annotated[dict[str, Scalar], msgspec.Meta(max_length=MOST_VALUES)] | None = None
    otherwise: Scalar | None = None


Field = str | Rule | Annotated[list[Rule], msgspec.Meta(min_length=1, max_length=MOST_RULES)]
"""An expression; or a rule; or several, of which the first counts whose `when` holds."""


class EventMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an event of theirs becomes one of ours. Without `message_id`, one is made from all that the event says.

    `context` is one expression that finds an object, or fields by the names that they shall have.
    """

    type: Field
    user_id: Field
    timestamp: Field
    message_id: Field | None = None
    item_id: Field | None = None
    value: Field | None = None
    context: str | Annotated[dict[Name, Field], msgspec.Meta(max_length=MOST_CONTEXT)] | None = None


class ItemMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an item of theirs becomes one of ours."""

    item_id: Field
    title: Field
    kind: Field | None = None
    category: Field | None = None
    tags: Field | None = None
    price: Field | None = None
    currency: Field | None = None
    url: Field | None = None
    cover_url: Field | None = None
    preview_url: Field | None = None
    teacher: Field | None = None
    difficulty: Field | None = None
    language: Field | None = None
    text: Field | None = None
    published_at: Field | None = None
    available: Field | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping. `format` is the version of this form of document; `timezone` is that of all local times."""

    format: Literal[1]
    timezone: str | None = None
    event: EventMapping | None = None
    item: ItemMapping | None = None


def read_document(text: str) -> Document:
    """The mapping in a text. Raises `MappingError` with all faults that can be told at once, each with its path."""
    if len(text.encode(errors="replace")) > LARGEST:
        raise MappingError([Fault("", f"A mapping may have {LARGEST} bytes.")])
    try:
        document = msgspec.json.decode(text.encode(), type=Document)
    except msgspec.ValidationError as error:
        raise MappingError([_fault(error)]) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MappingError([Fault("", f"This is no valid JSON: {error}")]) from None
    if faults := list(_faults(document)):
        raise MappingError(faults)
    return document


def rules_of(field: Field) -> list[tuple[str, Rule]]:
    """The rules of a field, each with its path below the field."""
    if isinstance(field, str):
        return [("", Rule(source=field))]
    if isinstance(field, Rule):
        return [("", field)]
    return [(f"/{place}", rule) for place, rule in enumerate(field)]


def fields_of(mapping: EventMapping | ItemMapping) -> dict[str, Field]:
    """The declared fields by their paths below the mapping, such as `user_id` and `context/device`."""
    found: dict[str, Field] = {}
    for name in mapping.__struct_fields__:
        declared = getattr(mapping, name)
        if isinstance(declared, dict):
            found |= {f"{name}/{_escaped(key)}": field for key, field in declared.items()}
        elif declared is not None:
            found[name] = declared
    return found


def is_timezone(name: str) -> bool:
    """Whether this names a time zone such as `Asia/Shanghai`."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _fault(error: msgspec.ValidationError) -> Fault:
    message, _, path = str(error).partition(" - at `")
    path = path.rstrip("`").removeprefix("$").partition("[...]")[0]
    return Fault(re.sub(r"\[(\d+)\]|\.", lambda found: "/" + (found[1] or ""), path), message)


def _faults(document: Document) -> Any:
    if document.timezone is not None and not is_timezone(document.timezone):
        yield Fault("/timezone", f"There is no time zone {document.timezone!r}; write it like Asia/Shanghai.")
    if document.event is None and document.item is None:
        yield Fault("", "A mapping declares an event, an item, or both.")
    for name in ("event", "item"):
        mapping = getattr(document, name)
        for field_name, field in fields_of(mapping).items() if mapping else ():
            for place, rule in rules_of(field):
                within = "" if isinstance(field, str) else "/from"
                yield from _rule_faults(f"/{name}/{field_name}{place}", within, rule)


def _rule_faults(path: str, within: str, rule: Rule) -> Any:
    for place, text in ((within, rule.source), ("/when", rule.when)):
        if text is not None and (fault := _expression_fault(text)):
            yield Fault(f"{path}{place}", fault)
    if rule.unit is not None and rule.unit not in UNITS:
        yield Fault(f"{path}/unit", f"There is no unit {rule.unit!r}; known are {', '.join(UNITS)}.")
    if rule.timezone is not None and not is_timezone(rule.timezone):
        yield Fault(f"{path}/timezone", f"There is no time zone {rule.timezone!r}; write it like Asia/Shanghai.")
    if rule.pattern is not None and (fault := _pattern_fault(rule)):
        yield Fault(f"{path}/pattern", fault)
    if rule.otherwise is not None and rule.values is None:
        yield Fault(f"{path}/otherwise", "This goes with `values`: what a name is that the table does not have.")
    if rule.unit is not None and rule.time is not None:
        yield Fault(f"{path}/unit", "A time has no unit of its own; `time` says what it is counted in.")


def _expression_fault(text: str) -> str | None:
    try:
        Expression(text)
    except BadExpression as bad:
        return str(bad)
    return None


def _pattern_fault(rule: Rule) -> str | None:
    if rule.time != "local":
        return "A pattern goes with a `time` that is local."
    return check_pattern(rule.pattern or "")


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
