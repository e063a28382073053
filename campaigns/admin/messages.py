"""Messages, what held them back, and the rule that all of them keep to."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from campaigns.models import HeldBack, Message, OutreachPolicy
from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin, ReadOnlyInline


class HeldBackInline(ReadOnlyInline):
    """When a message was held back, and why."""

    model = HeldBack
    fields = ("at", "reason")
    readonly_fields = ("at",)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin, LongTable):
    """What was sent, what waits, and what was not sent and why."""

    list_display = ("created_at", "kind", "channel", "account", "state", "reason", "sent_at", "opened_at")
    list_select_related = ("account__platform",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("campaign", RelatedDropdownFilter),
    )
    list_filter_sheet = True
    search_fields = ("account__external_id__exact",)
    search_help_text = _("A whole user id on a platform")
    inlines = (HeldBackInline,)


@admin.register(OutreachPolicy)
class OutreachPolicyAdmin(ModelAdmin):
    """How often anybody is written to; there is one rule."""

    list_display = ("__str__", "a_day", "a_week", "gap_minutes", "quiet_from", "quiet_until")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As long as there is none."""
        return super().has_add_permission(request) and not OutreachPolicy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """There is always one."""
        return False
