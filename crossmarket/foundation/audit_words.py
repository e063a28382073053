"""The audit trail in words, in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ManyToManyField, Model
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext

from crossmarket.foundation.models import AuditEntry


@dataclass(frozen=True)
class Told:
    """One change of a field in words."""

    field: str
    before: str
    after: str


def who(entry: AuditEntry) -> str:
    """Who did it, in words."""
    if entry.actor is not None:
        return str(entry.actor)
    return gettext("somebody who has left") if entry.by_person else gettext("a program")


def told(entry: AuditEntry) -> Iterator[Told]:
    """The changes of an entry, with names as the desk calls the fields."""
    model = _model_of(entry)
    for name, (before, after) in entry.changes.items():
        field = _field_of(model, name)
        label = str(getattr(field, "verbose_name", "") or gettext(name))
        yield Told(label, _shown(field, before), _shown(field, after))


def kind_in_words(entry: AuditEntry) -> str:
    """What kind of thing was changed."""
    model = _model_of(entry)
    return str(model._meta.verbose_name) if model else entry.subject_kind  # noqa: SLF001 Django's documented name


def _model_of(entry: AuditEntry) -> type[Model] | None:
    try:
        return apps.get_model(entry.subject_kind)
    except (LookupError, ValueError):
        return None


def _field_of(model: type[Model] | None, name: str) -> "Field[Any, Any] | None":
    try:
        found = model._meta.get_field(name) if model else None  # noqa: SLF001 Django's documented name
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _shown(field: "Field[Any, Any] | None", value: Any) -> str:
    """A value as people read it: choices by their names, rows by theirs, times by the clock of the desk."""
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(field, ManyToManyField) and isinstance(value, list):
        rows = field.related_model._default_manager.filter(pk__in=value)  # noqa: SLF001 Django's documented name
        return ", ".join(map(str, rows))
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return gettext(value) if field is None and isinstance(value, str) else _plainly_shown(value)


def _plainly_shown(value: Any) -> str:
    try:
        moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        moment = None
    if moment is not None:
        return date_format(localtime(moment) if is_aware(moment) else moment, "SHORT_DATETIME_FORMAT")
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {each}" for name, each in value.items()) or "{}"
    return str(value)
