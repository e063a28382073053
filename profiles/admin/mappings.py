"""The mappings of platforms: written beside a sample and what becomes of it, live."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from accounts.models import Platform
from crossmarket.foundation.batches import LONGEST_ENTRY
from profiles.ingest.mapping import EXAMPLES, Fault, MappingError, read_document
from profiles.ingest.mapping.document import LARGEST
from profiles.mapping_trials import try_out
from profiles.models import PlatformMapping

EXAMPLE_NAMES = {"course_site": _("A course site"), "audio_app": _("An audio app")}
MAY_LOOK = ("profiles.view_platformmapping", "profiles.add_platformmapping", "profiles.change_platformmapping")


def _text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "desk-input desk-mono", "spellcheck": "false"})


class MappingForm(forms.ModelForm):
    """A mapping and the samples to try it on."""

    class Meta:
        model = PlatformMapping
        fields = ("platform", "document", "sample_event", "sample_item")
        widgets = {"document": _text(28), "sample_event": _text(14), "sample_item": _text(14)}

    def clean_document(self) -> str:
        """A mapping; whatever is wrong is named by its path."""
        if faults := faults_of(self.cleaned_data["document"]):
            raise ValidationError([str(fault) for fault in faults])
        return self.cleaned_data["document"]


def faults_of(text: str) -> list[Fault]:
    """All that is wrong with a text as a mapping."""
    try:
        read_document(text)
    except MappingError as error:
        return error.faults
    return []


@admin.register(PlatformMapping)
class PlatformMappingAdmin(ModelAdmin):
    """How platforms' own events and items become ours."""

    form = MappingForm
    change_form_template = "admin/profiles/platformmapping/edit.html"
    list_display = ("platform", "changed_at")
    list_select_related = ("platform",)
    search_fields = ("platform__name", "platform__slug")
    ordering = ("platform__name",)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The fragments that the editor fetches."""
        return (
            ("preview/", "profiles_platformmapping_preview", preview),
            ("example/", "profiles_platformmapping_example", example),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whose mapping it is stays."""
        return ("platform",) if obj else ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The editor."""
        mapping = self.get_object(request, object_id) if object_id else None
        known = tried(mapping.document, mapping.sample_event, mapping.sample_item, mapping.platform) if mapping else {}
        more = {**(extra_context or {}), **known, "examples": EXAMPLE_NAMES}
        return super().changeform_view(request, object_id, form_url, more)


@require_POST
def preview(request: HttpRequest, model_admin: PlatformMappingAdmin) -> HttpResponse:
    """What the mapping makes of the samples, as they are written at this moment."""
    _require_look(request)
    platform = Platform.objects.filter(pk=_number(request.POST.get("platform"))).first()
    texts = [request.POST.get(name, "") for name in ("document", "sample_event", "sample_item")]
    return render(request, "admin/profiles/platformmapping/results.html", {**tried(*texts, platform), "is_oob": True})


def example(request: HttpRequest, model_admin: PlatformMappingAdmin) -> HttpResponse:
    """The editor's texts, filled with an example that ships."""
    _require_look(request)
    chosen = EXAMPLES.get(request.GET.get("example", ""))
    if chosen is None:
        raise Http404
    start = {"document": chosen.document, "sample_event": chosen.event, "sample_item": chosen.item}
    known = tried(chosen.document, chosen.event, chosen.item, None)
    context = {**known, "form": MappingForm(initial=start)}
    return render(request, "admin/profiles/platformmapping/texts.html", context)


def tried(document: str, event: str, item: str, platform: Platform | None) -> dict[str, Any]:
    """What the results show: the faults of the mapping, and what becomes of both samples."""
    zone = (platform or Platform()).timezone
    if len(document) > LARGEST or max(len(event), len(item)) > LONGEST_ENTRY:
        return {"faults": [Fault("", str(_("This is too long to be tried.")))]}
    return {
        "faults": faults_of(document) if document.strip() else [],
        "event_trial": try_out(document, "event", event, zone),
        "item_trial": try_out(document, "item", item, zone),
    }


def _require_look(request: HttpRequest) -> None:
    if not any(request.user.has_perm(permission) for permission in MAY_LOOK):
        raise PermissionDenied


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None
