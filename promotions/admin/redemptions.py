"""Redemptions, to be looked up."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from crossmarket.foundation.desk import ReadOnlyAdmin, ReadOnlyInline
from crossmarket.foundation.money import in_words as money
from promotions.models import Redemption, Use


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
