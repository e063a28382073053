"""The audit trail: who changed what, and each field before and after. Written once, and never changed.

Whoever changes something that people answer for records it in the same transaction. Nothing personal belongs here:
numbers, rules and names of things, but nobody's name, address or id on a platform.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.utils.translation import gettext_noop

from crossmarket.foundation.models import AuditEntry, kind_of

MADE = gettext_noop("made it")
CHANGED = gettext_noop("changed it")
DELETED = gettext_noop("deleted it")
MOVED = gettext_noop("moved on")

Actor = AbstractBaseUser | AnonymousUser | None
"""Who did it; None for a program."""

Changes = Mapping[str, Iterable[Any]]
"""Each changed field by its name, with its value before and after: values that are JSON, times, UUIDs or rows."""


def record(
    subject_kind: str, subject_id: object, actor: Actor, verb: str, changes: Changes | None = None, name: str = ""
) -> AuditEntry:
    """Write down what somebody did to something.

    `subject_kind` is a model's label in small letters, such as `promotions.couponbatch`; `verb` is an English text that
    was marked for translation.
    """
    known = actor if isinstance(actor, AbstractBaseUser) else None
    return AuditEntry.objects.create(
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        subject_name=name[:200],
        actor_id=known.pk if known else None,
        by_person=known is not None,
        verb=verb,
        changes={field: [plain(value) for value in pair] for field, pair in (changes or {}).items()},
    )


def record_about(subject: Model, actor: Actor, verb: str, changes: Changes | None = None) -> AuditEntry:
    """The same of a row of ours."""
    return record(kind_of(subject), subject.pk, actor, verb, changes, str(subject))


def values_of(subject: Model, fields: Iterable[str]) -> dict[str, Any]:
    """The values of these fields, to be compared with what they will be."""
    return {name: getattr(subject, name) for name in fields}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Of what was compared, each field that differs, with both values."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def plain(value: Any) -> Any:
    """A value as JSON can hold it: of rows, their keys."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, str | int | float | bool | Mapping) or value is None:
        return value
    if hasattr(value, "__iter__"):
        return [plain(each) for each in value]
    return value
