"""Redemptions: looked up, and refunded."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from crossmarket.foundation.audit_desk import AuditedAdmin
from crossmarket.foundation.desk import ReadOnlyAdmin, ReadOnlyInline
from crossmarket.foundation.money import in_words as money
from promotions.admin.refund_page import MAY_REFUND, refund_page
from promotions.models import Redemption, RedemptionState, Refund, Use


class UseInline(ReadOnlyInline):
    """The coupons of a redemption, in the order in which they counted."""

    model = Use
    fields = ("code", "batch", "amount", "discounts", "returned", "day")
    hide_title = True


class RefundInline(ReadOnlyInline):
    """What has come back of the order."""

    model = Refund
    fields = readonly_fields = ("created_at", "paid_back", "returned")
    hide_title = True

    @display(description=_("paid back"))
    def paid_back(self, refund: Refund) -> str:
        """To the person."""
        return money(refund.amount, refund.redemption.currency)

    @display(description=_("discount returned"))
    def returned(self, refund: Refund) -> str:
        """To the budgets of the coupons."""
        return money(refund.discount, refund.redemption.currency)


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin, AuditedAdmin):
    """What was reserved, used and given back."""

    list_display = ("order_id", "state", "platform", "account", "price", "taken_off", "created_at")
    list_select_related = ("platform", "account__platform")
    list_filter = (("state", ChoicesDropdownFilter), ("platform", RelatedDropdownFilter))
    list_filter_sheet = True
    search_fields = ("order_id__exact", "account__external_id__exact")
    search_help_text = _("A whole order id, or a whole user id on a platform")
    fields = ("id", "platform", "account", "order_id", "state", "price", "taken_off", "paid_back", "lines",
              "created_at", "expires_at", "ended_at")  # fmt: skip
    readonly_fields = ("price", "taken_off", "paid_back")
    inlines = (UseInline, RefundInline)
    actions_detail = ("refund",)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The page on which it is said what comes back."""
        return (("<uuid:redemption_id>/refund/", "promotions_redemption_refund_page", refund_page),)

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Those who may, of paid orders."""
        paid = Redemption.objects.filter(pk=object_id, state=RedemptionState.COMMITTED)
        return request.user.has_perm(MAY_REFUND) and (object_id is None or paid.exists())

    @action(description=_("Refund"), icon="undo", permissions=["refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the page."""
        return redirect("admin:promotions_redemption_refund_page", object_id)

    @display(description=_("amount"), ordering="amount")
    def price(self, redemption: Redemption) -> str:
        """What the order costs without coupons."""
        return money(redemption.amount, redemption.currency)

    @display(description=_("discount"), ordering="discount")
    def taken_off(self, redemption: Redemption) -> str:
        """What the coupons take off."""
        return money(redemption.discount, redemption.currency)

    @display(description=_("paid back"), ordering="refunded")
    def paid_back(self, redemption: Redemption) -> str:
        """What went back until now."""
        return money(redemption.refunded, redemption.currency)
