"""The desk of persons' rights: exporting and erasing for somebody who asks an operator, and the receipts."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin.accounts import LinkedAccountAdmin
from accounts.models import LinkedAccount
from crossmarket.foundation.desk import ReadOnlyAdmin, go_to, link, question
from crossmarket.rights import erasing, exporting
from crossmarket.rights.kinds import words_of
from crossmarket.rights.models import AskedBy, Erasure, Export

MAY_ERASE, MAY_EXPORT = "rights.erase_person", "rights.export_person"
ONE, ALL = "one", "all"

admin.site.unregister(LinkedAccount)


class ConfirmForm(forms.Form):
    """How much is to go, and whom, typed once more."""

    scope = forms.ChoiceField(
        label=_("What is to be erased"),
        choices=[(ONE, _("this account alone")), (ALL, _("all accounts of the person"))],
        widget=UnfoldAdminSelectWidget,
    )
    external_id = forms.CharField(
        label=_("the user id on the platform, typed once more"),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    def __init__(self, account: LinkedAccount, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._account = account

    def clean_external_id(self) -> str:
        """The right one."""
        if self.cleaned_data["external_id"] != self._account.external_id:
            raise forms.ValidationError(_("This is not the id of the account."))
        return self._account.external_id


@admin.register(LinkedAccount)
class LinkedAccountWithRightsAdmin(LinkedAccountAdmin):
    """Accounts, with what only the roof can do: give out and erase what all rooms hold."""

    actions_detail = (*LinkedAccountAdmin.actions_detail, "export_person", "erase_person")

    def has_erase_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A permission of its own."""
        return request.user.has_perm(MAY_ERASE)

    def has_export_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A permission of its own."""
        return request.user.has_perm(MAY_EXPORT)

    @action(
        description=_("Export what is held"),
        icon="download",
        permissions=["export"],
        dialog=question(
            _("Export everything about this person?"),
            _("One archive with all accounts of the person. Give it to nobody but the person."),
            _("Export"),
        ),
    )
    def export_person(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Have an archive made."""
        account = get_object_or_404(LinkedAccount, pk=object_id)
        export = exporting.start(account, AskedBy.OPERATOR, whole_person=True)
        return go_to(request, reverse("admin:rights_export_change", args=[export.pk]))

    @action(description=_("Erase…"), icon="delete_forever", permissions=["erase"])
    def erase_person(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what is to go, and erase it."""
        account = get_object_or_404(LinkedAccount.objects.select_related("platform"), pk=object_id)
        form = ConfirmForm(account, request.POST or None)
        if form.is_valid():
            chosen = [account]
            if form.cleaned_data["scope"] == ALL:
                everyone = LinkedAccount.objects.filter(person_id=account.person_id).select_related("platform")
                chosen = list(everyone.order_by("pk"))
            try:
                erasure = erasing.carry_out(erasing.ask(AskedBy.OPERATOR, chosen))
            except erasing.ErasureRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Erased.") if erasure.is_done else _("The erasure waits for a worker."))
                return HttpResponseRedirect(reverse("admin:rights_erasure_change", args=[erasure.pk]))
        return self._confirmation(request, account, form)

    def _confirmation(self, request: HttpRequest, account: LinkedAccount, form: ConfirmForm) -> HttpResponse:
        others = LinkedAccount.objects.others_of(account).select_related("platform").order_by("pk")
        context = self.admin_site.each_context(request) | {
            "title": _("Erase a person"),
            "opts": self.opts,
            "account": account,
            "others": others,
            "form": form,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/rights/erase.html", context, status=status)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Erasures and their receipts."""

    list_display = ("__str__", "asked_by", "platform", "requested_at", "erased_at", "total")
    list_select_related = ("platform",)
    list_filter = ("asked_by",)
    fields = ("id", "asked_by", "platform", "requested_at", "erased_at", "what_was_removed", "way_to_job")
    readonly_fields = ("what_was_removed", "way_to_job")
    ordering = ("-requested_at",)

    @display(description=_("removed"))
    def total(self, erasure: Erasure) -> int:
        """How much in all."""
        return erasure.total

    @display(description=_("removed"))
    def what_was_removed(self, erasure: Erasure) -> SafeString:
        """How much of each kind."""
        rows = sorted((words_of(kind), count) for kind, count in erasure.removed.items())
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", rows))

    @display(description=_("job"))
    def way_to_job(self, erasure: Erasure) -> SafeString | str:
        """The job that does it."""
        return _way_to_job(erasure)


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Archives that were asked for; those of operators can be fetched here."""

    list_display = ("__str__", "account", "asked_by", "requested_at", "ready_at", "expires_at")
    list_select_related = ("account__platform",)
    list_filter = ("asked_by",)
    fields = ("account", "whole_person", "asked_by", "requested_at", "ready_at", "expires_at", "size", "archive", "way")
    readonly_fields = ("archive", "way")
    ordering = ("-requested_at",)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The archive itself."""
        return (("<uuid:pk>/archive/", "rights_export_archive", archive),)

    @display(description=_("archive"))
    def archive(self, export: Export) -> SafeString | str:
        """The way to it."""
        if not export.is_ready or export.asked_by != AskedBy.OPERATOR:
            return "-"
        return link(reverse("admin:rights_export_archive", args=[export.pk]), _("Download the archive"))

    @display(description=_("job"))
    def way(self, export: Export) -> SafeString | str:
        """The job that makes it."""
        return _way_to_job(export)


def archive(request: HttpRequest, pk: uuid.UUID, model_admin: ExportAdmin) -> FileResponse:
    """An archive that an operator asked for."""
    if not request.user.has_perm(MAY_EXPORT):
        raise PermissionDenied
    export = get_object_or_404(Export.objects.ready().filter(asked_by=AskedBy.OPERATOR), pk=pk)
    try:
        content = export.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(content, as_attachment=True, filename="crossmarket-export.zip", content_type="application/zip")


def _way_to_job(row: Model) -> SafeString | str:
    job = getattr(row, "job", None)
    if job is None:
        return "-"
    return link(reverse("admin:foundation_job_change", args=[job.pk]), job.get_state_display())
