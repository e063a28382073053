"""What is done with all coupons of a batch: revoked where nobody has claimed them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from crossmarket.foundation.desk import go_to, question
from promotions.admin.revoking_forms import RevokeForm
from promotions.models import CodeKind, CouponBatch
from promotions.services import revoking
from promotions.services.revoking import RevokeReason


class BatchCoupons(ModelAdmin):
    """The buttons of a batch that are about its coupons."""

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Those who may revoke coupons, of batches with a code for each."""
        is_own = CouponBatch.objects.filter(pk=object_id, code_kind=CodeKind.UNIQUE).exists()
        return is_own and request.user.has_perm("promotions.change_coupon")

    def has_files_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Those who may revoke coupons may take codes out and in."""
        return request.user.has_perm("promotions.change_coupon")

    @action(description=_("Export, import"), icon="swap_vert", permissions=["files"])
    def codes_as_files(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the page of files."""
        return redirect("admin:promotions_couponbatch_codes", object_id)

    @action(
        description=_("Revoke unclaimed"),
        icon="block",
        permissions=["revoke"],
        dialog=question(
            _("Revoke all coupons that nobody has claimed?"),
            _("Their codes stop working and cannot be brought back. What people have claimed goes on working."),
            _("Revoke"),
            RevokeForm,
        ),
    )
    def revoke_free(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """By a worker."""
        batch = get_object_or_404(CouponBatch, pk=object_id)
        job = revoking.enqueue_free(batch, RevokeReason(form.cleaned_data["reason"]), request.user)
        messages.success(request, _("The coupons wait for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))
