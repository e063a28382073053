"""Taking the members of a segment out as CSV: what goes into the file is chosen on a page, and who took it is noted."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform, Purpose
from profiles.models import Segment
from profiles.segmentation.exporting import COLUMNS, Wanted, csv_of
from profiles.segmentation.naming import name_of

MAY_EXPORT = "profiles.export_segment"


class ExportForm(forms.Form):
    """What goes into the file."""

    columns = forms.MultipleChoiceField(
        label=capfirst(_("columns")),
        choices=list(COLUMNS.items()),
        initial=["platform", "user_id", "entered_at"],
        widget=forms.CheckboxSelectMultiple,
    )
    platform = forms.ModelChoiceField(
        label=capfirst(_("platform")),
        queryset=Platform.objects.order_by("name"),
        required=False,
        empty_label=_("all platforms"),
        widget=forms.Select(attrs={"class": "desk-input"}),
    )
    agreeing_to = forms.ChoiceField(
        label=_("Only those who also agree to"),
        choices=[("", _("(nothing more)")), *(each for each in Purpose.choices if each[0] != Purpose.PROFILING)],
        initial=Purpose.MARKETING,
        required=False,
        widget=forms.Select(attrs={"class": "desk-input"}),
        help_text=_("For messages and offers, only those may be addressed who agree to them."),
    )

    def wanted(self) -> Wanted:
        """The choice, once it is valid."""
        chosen = self.cleaned_data
        return Wanted(tuple(chosen["columns"]), chosen["agreeing_to"], chosen["platform"])


def export(request: HttpRequest, object_id: str, model_admin: admin.ModelAdmin) -> HttpResponse:
    """The page on which the file is chosen, and the file itself."""
    segment = get_object_or_404(Segment, pk=object_id)
    if not (request.user.has_perm(MAY_EXPORT) and model_admin.has_view_permission(request, segment)):
        raise PermissionDenied
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _note(request, segment, form)
        return _file(segment, csv_of(segment, form.wanted()))
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Export CSV"),
        "subtitle": name_of(segment),
        "segment": segment,
        "form": form,
        "back_url": reverse("admin:profiles_segment_change", args=[segment.pk]),
    }
    return TemplateResponse(request, "admin/profiles/segment/export.html", context)


def _file(segment: Segment, pieces: Iterator[str]) -> StreamingHttpResponse:
    name = f"{segment.key}-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)


def _note(request: HttpRequest, segment: Segment, form: ExportForm) -> None:
    """Keep who took which data out; the history of the segment shows it."""
    wanted = form.wanted()
    what = {"columns": wanted.columns, "agreeing_to": wanted.agreeing_to, "platform": str(wanted.platform or "")}
    message = "CSV: " + ", ".join(f"{name}={value}" for name, value in what.items() if value)
    LogEntry.objects.log_actions(request.user.pk, [segment], CHANGE, message, single_object=True)
