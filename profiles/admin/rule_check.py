"""Reading a rule as it is written at the desk: in itself, and whether what it names is there."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Platform
from profiles.models import Segment, SegmentKind
from profiles.segmentation.keeping import check
from profiles.segmentation.order import CircularRule
from profiles.segmentation.reading_rules import Fault, RuleError, parse
from profiles.segmentation.rule import Condition, document

LONGEST = 100_000
"""Characters of a rule's text."""
NOTHING_YET = ({"all": []}, {"any": []})
"""What the builder begins with."""


def is_blank(text: str) -> bool:
    """Whether nothing has been said yet."""
    if not text.strip():
        return True
    try:
        return json.loads(text) in NOTHING_YET
    except (ValueError, RecursionError):
        return False


def read_rule(text: str, segment: Segment | None = None, key: str = "") -> Condition:
    """The rule in a text, of a segment or of a new one with this key. Raises `RuleError` with all faults."""
    if len(text) > LONGEST:
        raise RuleError([Fault("", _("This rule is too long."))])
    if is_blank(text):
        raise RuleError([Fault("", _("Say who belongs to it: add a condition, or start from an example."))])
    rule = parse(text)
    if faults := list(_unknown_platforms(json.loads(text))):
        raise RuleError(faults)
    as_it_would_be = Segment(kind=SegmentKind.RULE, rule=document(rule), key=key)
    if segment is not None:
        as_it_would_be.pk, as_it_would_be.key = segment.pk, segment.key
    try:
        check(as_it_would_be)
    except CircularRule as error:
        raise RuleError([Fault("", str(error))]) from error
    return rule


def _unknown_platforms(document: Any) -> Iterator[Fault]:
    named = list(_named_platforms(document, ""))
    known = set(Platform.objects.values_list("slug", flat=True)) if named else set()
    for path, name in named:
        if name not in known:
            yield Fault(path, _("There is no platform “%(name)s”.") % {"name": name})


def _named_platforms(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where a rule names a platform: path and name."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _named_platforms(each, f"{path}/{at}")
    elif isinstance(value, dict):
        for name, each in value.items():
            if name == "platform" and isinstance(each, str):
                yield f"{path}/{name}", each
            else:
                yield from _named_platforms(each, f"{path}/{name}")
