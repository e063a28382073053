"""Redemptions and coupons, to be looked up."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from crossmarket.foundation.desk import ReadOnlyAdmin, ReadOnlyInline
from crossmarket.foundation.money import in_words as money
from promotions import codes
from promotions.models import Coupon, Redemption, Use


class UseInline(ReadOnlyInline):
    """The coupons of a redemption, in the order in which they counted."""

    model = Use
    fields = ("code", "batch", "amount", "discounts", "day")
    hide_title = True


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    """What was reserved, used and given back."""

    list_display = ("order_id", "state", "platform", "account", "price", "taken_off", "created_at")
    list_select_related = ("platform", "account__platform")
    list_filter = (("state", ChoicesDropdownFilter), ("platform", RelatedDropdownFilter))
    list_filter_sheet = True
    search_fields = ("order_id__exact", "account__external_id__exact")
    search_help_text = _("A whole order id, or a whole user id on a platform")
    fields = ("id", "platform", "account", "order_id", "state", "price", "taken_off", "lines", "created_at",
              "expires_at", "ended_at")  # fmt: skip
    readonly_fields = ("price", "taken_off")
    inlines = (UseInline,)

    @display(description=_("amount"), ordering="amount")
    def price(self, redemption: Redemption) -> str:
        """What the order costs without coupons."""
        return money(redemption.amount, redemption.currency)

    @display(description=_("discount"), ordering="discount")
    def taken_off(self, redemption: Redemption) -> str:
        """What the coupons take off."""
        return money(redemption.discount, redemption.currency)


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    """Single coupons, by code or by whose they are."""

    list_display = ("code", "batch", "state", "is_used", "holder", "claimed_at", "expires_at")
    list_select_related = ("batch", "holder__platform")
    list_filter = (("state", ChoicesDropdownFilter), "is_used", ("batch", RelatedDropdownFilter))
    list_filter_sheet = True
    search_fields = ("code",)
    search_help_text = _("A whole code, however it is typed, or a whole user id on a platform")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        """By whole words, however many coupons there are."""
        if not search_term.strip():
            return queryset, False
        by_code = queryset.filter(code=codes.normal(search_term))
        return by_code if by_code.exists() else queryset.filter(holder__external_id=search_term.strip()), False
