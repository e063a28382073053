"""Exclusive content, written and opened to people."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from crossmarket.foundation.audit_desk import AuditedAdmin
from promotions import markdown
from promotions.models import ExclusiveContent


@admin.register(ExclusiveContent)
class ExclusiveContentAdmin(AuditedAdmin):
    """Articles, and whom they are open to."""

    list_display = ("title", "state", "starts_at", "ends_at", "created_at")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("title",)
    autocomplete_fields = ("platforms", "segments", "batches")
    fields = ("title", "state", "text", "as_read", "segments", "batches", "platforms", "starts_at", "ends_at")
    readonly_fields = ("as_read",)

    @display(description=_("as people read it"))
    def as_read(self, content: ExclusiveContent | None) -> SafeString:
        """The text that was saved last, as it is on the page."""
        return markdown.as_html(content.text if content else "")
