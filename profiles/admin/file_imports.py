"""Files of events and items: given, looked at, imported, and what was refused fetched back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget

from crossmarket.foundation.desk import ReadOnlyAdmin, go_to, link, question
from profiles.declared_mappings import NoMapping
from profiles.importing import preview, start_import
from profiles.ingest.files import FORMATS, FileBroken
from profiles.models import FileImport, FileShape

MAY_IMPORT = "profiles.add_fileimport"
ROWS_SHOWN = 10
LARGEST_UPLOAD = 2 * 1024**3


class FileImportForm(forms.ModelForm):
    """A file and what its rows are."""

    file = forms.FileField(
        label=_("file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(FORMATS)}),
        help_text=_("CSV with a header, JSON Lines (both also as .gz), Parquet, or XLSX."),
    )

    class Meta:
        model = FileImport
        fields = ("platform", "file", "subject", "shape", "encoding")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "shape" in self.fields:
            self.fields["shape"].choices = [each for each in FileShape.choices if each[0] != FileShape.GIVEN]

    def clean_file(self) -> Any:
        """A file of a kind and size that can be read."""
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith(FORMATS):
            raise ValidationError(
                _("The name of the file ends with one of: %(endings)s") % {"endings": ", ".join(FORMATS)}
            )
        if file.size > LARGEST_UPLOAD:
            raise ValidationError(_("This file is too large to be uploaded; use manage.py import_file."))
        return file


@admin.register(FileImport)
class FileImportAdmin(ReadOnlyAdmin):
    """One row for each file; its page shows the first rows, then what became of all."""

    form = FileImportForm
    list_display = ("name", "platform", "subject", "progress", "accepted", "duplicates", "rejected", "created_at")
    list_select_related = ("platform", "job")
    list_filter = ("subject",)
    search_fields = ("name",)
    ordering = ("-pk",)
    readonly_fields = ("progress", "refused_rows")
    actions_detail = ("start",)
    change_form_after_template = "admin/profiles/fileimport/preview.html"

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The file of refused rows."""
        return (("<int:pk>/refused/", "profiles_fileimport_refused", refused),)

    def get_fields(self, request: HttpRequest, obj: FileImport | None = None) -> tuple[str, ...]:
        """What is asked of a new file, and what is told of one that was given."""
        if obj is None:
            return ("platform", "file", "subject", "shape", "encoding")
        counted = ("rows", "accepted", "duplicates", "rejected", "refused_rows") if obj.job_id else ()
        return ("platform", "name", "subject", "shape", "encoding", "created_at", "progress", *counted)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As granted."""
        return request.user.has_perm(MAY_IMPORT)

    def has_start_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may give a file may have it imported."""
        return request.user.has_perm(MAY_IMPORT)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one file, with its first rows while it waits to be started."""
        given = self.get_object(request, object_id)
        more = first_rows(given) if given is not None and given.file and given.job_id is None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def save_model(self, request: HttpRequest, obj: FileImport, form: forms.ModelForm, change: bool) -> None:
        """Keep the file under the name that it came with."""
        obj.name = form.cleaned_data["file"].name[-200:]
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: FileImport, post_url_continue: str | None = None) -> HttpResponse:
        """On to the first rows."""
        messages.success(request, _("Nothing is imported yet. Look at the first rows, then start."))
        return HttpResponseRedirect(reverse("admin:profiles_fileimport_change", args=[obj.pk]))

    @display(description=_("job"))
    def progress(self, given: FileImport) -> SafeString | Any:
        """The job that imports it."""
        if given.job is None:
            return _("not started")
        return link(reverse("admin:foundation_job_change", args=[given.job_id]), given.job.get_state_display())

    @display(description=_("refused rows"))
    def refused_rows(self, given: FileImport) -> SafeString | str:
        """The way to them."""
        if not given.rejects:
            return "-"
        return link(reverse("admin:profiles_fileimport_refused", args=[given.pk]), _("Download, with reasons"))

    @action(
        description=_("Start the import"),
        icon="play_arrow",
        permissions=["start"],
        dialog=question(
            _("Import this file?"),
            _("The whole file is read first; of one that is broken nothing is stored. Rows known already count once."),
            _("Start the import"),
        ),
    )
    def start(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Let a worker import it."""
        given = get_object_or_404(FileImport.objects.select_related("job"), pk=object_id)
        if not given.file:
            messages.warning(
                request, _("All rows of this file were imported, and the file was removed. Give it again.")
            )
            return go_to(request, reverse("admin:profiles_fileimport_change", args=[given.pk]))
        if given.job is None or not given.job.is_open:
            start_import(given)
            messages.success(request, _("The import waits for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[given.job_id]))


def first_rows(given: FileImport) -> dict[str, Any]:
    """The first rows and what would become of them, or why there are none."""
    try:
        return {"first_rows": preview(given, ROWS_SHOWN)}
    except (FileBroken, NoMapping) as error:
        return {"broken": str(error)}


def refused(request: HttpRequest, pk: int, model_admin: FileImportAdmin) -> Any:
    """The refused rows as JSON Lines: row number, code, reason, content."""
    given: FileImport | Model = get_object_or_404(FileImport, pk=pk)
    if not model_admin.has_view_permission(request, given):
        raise PermissionDenied
    if not given.rejects:
        raise Http404
    name = f"{given.name}.refused.jsonl"
    return FileResponse(
        given.rejects.open("rb"), as_attachment=True, filename=name, content_type="application/x-ndjson"
    )
