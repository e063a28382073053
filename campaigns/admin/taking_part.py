"""What people did in campaigns, to be looked up."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from campaigns.models import Blocked, CheckIn, Draw, Grant, Parcel
from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin


@admin.register(CheckIn)
class CheckInAdmin(ReadOnlyAdmin, LongTable):
    """Who checked in when."""

    list_display = ("day", "campaign", "account", "is_make_up", "took_card", "made_at")
    list_select_related = ("campaign", "account__platform")
    list_filter = (("campaign", RelatedDropdownFilter), "is_make_up")
    list_filter_sheet = True
    search_fields = ("account__external_id__exact",)
    search_help_text = _("A whole user id on a platform")


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin, LongTable):
    """What campaigns gave."""

    list_display = ("granted_at", "campaign", "account", "reason", "reward", "amount", "result")
    list_select_related = ("campaign", "account__platform")
    list_filter = (("campaign", RelatedDropdownFilter), ("reward", ChoicesDropdownFilter))
    list_filter_sheet = True
    search_fields = ("account__external_id__exact",)
    search_help_text = _("A whole user id on a platform")


@admin.register(Draw)
class DrawAdmin(ReadOnlyAdmin, LongTable):
    """Each draw, with what it was made of."""

    list_display = ("number", "campaign", "entrant", "prize", "paid_with", "drawn_at")
    list_select_related = ("campaign", "entrant", "prize")
    list_filter = (("campaign", RelatedDropdownFilter), ("paid_with", ChoicesDropdownFilter))
    list_filter_sheet = True
    search_fields = ("entrant__alias__exact", "entrant__account__external_id__exact")
    search_help_text = _("A whole alias, or a whole user id on a platform")


@admin.register(Blocked)
class BlockedAdmin(ModelAdmin):
    """Who may not draw."""

    list_display = ("account", "why", "since")
    list_select_related = ("account__platform",)
    raw_id_fields = ("account",)


@admin.register(Parcel)
class ParcelAdmin(ModelAdmin):
    """What is to be sent to whom."""

    list_display = ("recipient", "draw", "sent_at")
    list_select_related = ("draw__prize",)
    fields = ("draw", "recipient", "phone", "address", "sent_at")
    readonly_fields = ("draw", "recipient", "phone", "address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Winners say themselves where to send it."""
        return False
