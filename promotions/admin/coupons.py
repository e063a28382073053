"""Single coupons: found by code among a million, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action

from crossmarket.foundation.audit_desk import AuditedAdmin
from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin, go_to, question
from promotions import codes
from promotions.admin.revoking_forms import RevokeForm, RevokeSelectedForm
from promotions.models import Coupon, CouponState
from promotions.services import revoking
from promotions.services.revoking import Revoked, RevokeReason

MAY_REVOKE = "promotions.change_coupon"
SHORTEST_BEGINNING = 3
"""Characters of a code from which on those are looked for that begin so."""


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin, LongTable, AuditedAdmin):
    """Single coupons, by code or by whose they are."""

    list_display = ("code", "batch", "state", "is_used", "holder", "claimed_at", "expires_at")
    list_select_related = ("batch", "holder__platform")
    list_filter = (("state", ChoicesDropdownFilter), "is_used", ("batch", RelatedDropdownFilter))
    list_filter_sheet = True
    search_fields = ("code",)
    search_help_text = _("A code or how it begins, however it is typed, or a whole user id on a platform")
    actions = ("revoke_selected",)
    actions_detail = ("revoke",)
    action_form = RevokeSelectedForm

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        """Each by an index, however many coupons there are."""
        if not search_term.strip():
            return queryset, False
        code = codes.normal(search_term)
        beginning = {"code__startswith": code} if len(code) >= SHORTEST_BEGINNING else {"code": code}
        by_code = queryset.filter(**beginning)
        return by_code if by_code.exists() else queryset.filter(holder__external_id=search_term.strip()), False

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Those who may, of coupons that were not revoked yet."""
        if not request.user.has_perm(MAY_REVOKE):
            return False
        return object_id is None or Coupon.objects.filter(pk=object_id).exclude(state=CouponState.REVOKED).exists()

    @admin.action(description=_("Revoke selected"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> None:
        """Take the chosen ones back, for the reason that was chosen beside."""
        reason = request.POST.get("reason")
        if reason not in RevokeReason.values:
            messages.error(request, _("Choose why they are revoked; nothing was changed."))
            return
        keys = list(queryset.order_by().values_list("pk", flat=True))
        tell(request, revoking.revoke(keys, RevokeReason(reason), request.user))

    @action(
        description=_("Revoke"),
        icon="block",
        permissions=["revoke"],
        dialog=question(
            _("Revoke this coupon?"),
            _("It stops working at once, also for whoever has it, and cannot be brought back. Used coupons stay used."),
            _("Revoke"),
            RevokeForm,
        ),
    )
    def revoke(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Take one back."""
        tell(request, revoking.revoke([int(object_id)], RevokeReason(form.cleaned_data["reason"]), request.user))
        return go_to(request, reverse("admin:promotions_coupon_change", args=[object_id]))


def tell(request: HttpRequest, done: Revoked) -> None:
    """Say what came of it."""
    words = ngettext("%(count)d coupon was revoked.", "%(count)d coupons were revoked.", done.revoked)
    messages.success(request, words % {"count": done.revoked})
    if done.in_use:
        words = ngettext("%(count)d stays, for an order uses it.", "%(count)d stay, for orders use them.", done.in_use)
        messages.warning(request, words % {"count": done.in_use})
