"""The audit trail at the desk: below each row that has one, and as a list of all."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from crossmarket.foundation import audit
from crossmarket.foundation.audit_words import kind_in_words, told, who
from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin
from crossmarket.foundation.models import AuditEntry, kind_of

MOST_SHOWN = 50
TRAIL = "admin/foundation/audit_trail.html"


class AuditedAdmin(ModelAdmin):
    """Rows whose making, changing and deleting at the desk is written down, and shown below each of them."""

    change_form_outer_after_template = TRAIL

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Look first at what is stored, for forms may show values in other units than columns have them.

        Of a row that there is, only what forms can change is stored: what verbs count and move on meanwhile stays.
        """
        vars(form)["stored_before"] = _stored(obj) if change else {}
        if change:
            obj.save(update_fields=_changed_by_forms(obj))
        else:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """After everything is saved, write down what is different, in the same transaction."""
        super().save_related(request, form, formsets, change)
        verb = audit.CHANGED if change else audit.MADE
        changes = dict(_changes_of(form)) | dict(_changes_below(formsets))
        if changes or not change:
            audit.record_about(form.instance, request.user, verb, changes)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Write down that it is gone, and what it was called."""
        audit.record_about(obj, request.user, audit.DELETED)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """The same of several."""
        for each in queryset:
            audit.record_about(each, request.user, audit.DELETED)
        super().delete_queryset(request, queryset)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *arguments: Any, **options: Any
    ) -> HttpResponse:
        """With the trail of the row."""
        row = options.get("obj")
        entries = AuditEntry.objects.about(row).select_related("actor")[:MOST_SHOWN] if row is not None else ()
        trail = [{"entry": each, "told": list(told(each))} for each in entries]
        return super().render_change_form(request, context | {"audit_trail": trail}, *arguments, **options)


def _changed_by_forms(row: Model) -> list[str]:
    """The columns that a form may write, and those that tell when that was."""
    columns = [each for each in row._meta.concrete_fields if not each.primary_key]  # noqa: SLF001 Django's own public name
    return [each.name for each in columns if each.editable or getattr(each, "auto_now", False)]


@admin.register(AuditEntry)
class AuditEntryAdmin(LongTable, ReadOnlyAdmin):
    """All that people and programs changed, the latest first."""

    list_display = ("at", "actor_name", "verb_words", "subject_name", "subject_kind_words")
    list_display_links = ("at",)
    list_select_related = ("actor",)
    list_filter = ("by_person",)
    search_fields = ("subject_id__exact", "subject_name")
    fields = ("at", "actor_name", "verb_words", "subject_name", "subject_kind_words", "subject_id", "in_words")
    readonly_fields = ("actor_name", "verb_words", "subject_kind_words", "in_words")

    @display(description=_("done by"))
    def actor_name(self, entry: AuditEntry) -> str:
        """Who did it."""
        return who(entry)

    @display(description=_("did"))
    def verb_words(self, entry: AuditEntry) -> str:
        """What was done, in the reader's language."""
        return gettext(entry.verb)

    @display(description=_("kind of subject"))
    def subject_kind_words(self, entry: AuditEntry) -> str:
        """The kind of what was changed."""
        return kind_in_words(entry)

    @display(description=_("changes"))
    def in_words(self, entry: AuditEntry) -> SafeString:
        """Each field before and after."""
        words = render_to_string("admin/foundation/audit_changes.html", {"told": list(told(entry))})
        return mark_safe(words)  # noqa: S308 a template's output


def _stored(row: Model) -> dict[str, Any]:
    """The columns of a row that people change, as they are stored."""
    columns = [field for field in row._meta.concrete_fields if field.editable]  # noqa: SLF001 Django's documented name
    rows = type(row)._base_manager.filter(pk=row.pk)  # noqa: SLF001 Django's documented name
    return rows.values(*(field.attname for field in columns)).first() or {}


def _changes_of(form: ModelForm) -> Iterator[tuple[str, list[Any]]]:
    before: dict[str, Any] = vars(form)["stored_before"]
    if before:
        yield from audit.differences(before, _stored(form.instance)).items()
    many = {field.name for field in form.instance._meta.many_to_many}  # noqa: SLF001 Django's documented name
    for name in many.intersection(form.changed_data):
        keys = [sorted(audit.plain(values.get(name) or [])) for values in _values(form)]
        if keys[0] != keys[1]:
            yield name, keys


def _changes_below(formsets: Any) -> Iterator[tuple[str, list[Any]]]:
    """Rows below the row: those that are new, changed and gone, each with its key."""
    for formset in formsets:
        for each in formset.new_objects:
            yield _name_of(each), [None, str(each)]
        for each, fields in formset.changed_objects:
            form = next(form for form in formset.initial_forms if form.instance == each)
            before, after = ({name: str(values.get(name)) for name in fields} for values in _values(form))
            yield _name_of(each), [before, after]
        for each in formset.deleted_objects:
            yield f"{kind_of(each)} {each}", [str(each), None]


def _values(form: ModelForm) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return form.initial, form.cleaned_data


def _name_of(row: Model) -> str:
    return f"{kind_of(row)} {row.pk}"
