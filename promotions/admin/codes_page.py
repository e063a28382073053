"""The codes of a batch as files: out and in."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crossmarket.foundation import audit
from promotions.models import BatchState, CodeKind, CouponBatch
from promotions.services import exporting, importing

MAY = "promotions.change_coupon"
EXPORTED = gettext_noop("exported the codes")


def codes_page(request: HttpRequest, batch_id: UUID, model_admin: Any) -> HttpResponseBase:
    """Take codes out, which is written down, or give codes that were made elsewhere."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    batch = get_object_or_404(CouponBatch, pk=batch_id)
    may_import = batch.code_kind == CodeKind.UNIQUE and batch.state != BatchState.ENDED
    if request.method == "POST" and "export" in request.POST:
        return _export(request, batch)
    if request.method == "POST" and may_import and "file" in request.FILES:
        return _import(request, batch)
    context = {
        **admin.site.each_context(request),
        "title": _("Codes of %(batch)s") % {"batch": batch},
        "opts": model_admin.opts,
        "may_import": may_import,
    }
    return render(request, "admin/promotions/couponbatch/codes.html", context)


def _export(request: HttpRequest, batch: CouponBatch) -> HttpResponseBase:
    is_book = request.POST["export"] == "xlsx"
    try:
        book = exporting.workbook(batch) if is_book else None
    except exporting.TooMany:
        messages.error(request, _("These are too many for a workbook; take CSV."))
        return redirect(request.path)
    audit.record_about(batch, request.user, EXPORTED)
    if book is not None:
        return FileResponse(book, as_attachment=True, filename="codes.xlsx")
    headers = {"Content-Disposition": 'attachment; filename="codes.csv"'}
    return StreamingHttpResponse(exporting.csv_pieces(batch), content_type="text/csv; charset=utf-8", headers=headers)


def _import(request: HttpRequest, batch: CouponBatch) -> HttpResponse:
    try:
        job = importing.enqueue(batch, request.FILES["file"], request.user)
    except ValueError as error:
        messages.error(request, str(error))
        return redirect(request.path)
    messages.success(request, _("The coupons wait for a worker; follow it here."))
    return redirect("admin:foundation_job_change", job.pk)
