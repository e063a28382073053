"""What people did: a long list, and a person's line of time."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from accounts.models import LinkedAccount
from crossmarket.foundation.desk import DayRangeFilter, LongTable, ReadOnlyAdmin, link
from crossmarket.foundation.pretty import pretty_json
from profiles.admin.timeline import timeline
from profiles.cleaning.steps import TITLES
from profiles.event_words import detail_of
from profiles.models import Event, EventFlag, EventType

TYPE_COLOURS = dict.fromkeys(EventType.values, "") | {
    EventType.PURCHASE: "success",
    EventType.REFUND: "danger",
    EventType.RATING: "warning",
    EventType.COMMENT: "warning",
    EventType.LIKE: "primary",
    EventType.SHARE: "primary",
    EventType.COMPLETE: "info",
}


class LeftOutFilter(admin.SimpleListFilter):
    """Events that a step of cleaning left out."""

    title = _("left out as")
    parameter_name = "left_out"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The steps."""
        return list(TITLES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """The events chosen."""
        return queryset.filter(flag__step=self.value()) if self.value() in TITLES else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin, LongTable):
    """Events as they were taken; the latest received first."""

    list_display = ("timestamp", "what", "who", "on_course", "detail", "message_id")
    list_select_related = ("account__platform", "course")
    list_filter = (
        ("type", ChoicesDropdownFilter),
        ("platform", RelatedDropdownFilter),
        ("timestamp", DayRangeFilter),
        LeftOutFilter,
    )
    list_filter_sheet = True
    list_filter_submit = True
    search_fields = ("message_id",)
    search_help_text = _("A whole message id, or a whole user id on a platform")
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        "timestamp",
        "received_at",
        "type",
        "who",
        "on_course",
        "value",
        "left_out",
        "message_id",
        "readable_context",
    )
    readonly_fields = ("who", "on_course", "left_out", "readable_context")

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The fragment that a person's page fetches."""
        return (("timeline/<uuid:person>/", "profiles_event_timeline", timeline),)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By whole ids only, which the indexes answer however many events there are."""
        term = search_term.strip()
        if not term:
            return queryset, False
        accounts = list(LinkedAccount.objects.filter(external_id=term).values_list("pk", flat=True))
        return queryset.filter(Q(message_id=term) | Q(account__in=accounts)), False

    @display(description=_("type"), label=TYPE_COLOURS)
    def what(self, event: Event) -> tuple[str, str]:
        """What was done."""
        return event.type, event.get_type_display()

    @display(description=_("account"))
    def who(self, event: Event) -> SafeString:
        """Who did it."""
        return link(reverse("admin:accounts_linkedaccount_change", args=[event.account_id]), event.account)

    @display(description=_("course"))
    def on_course(self, event: Event) -> SafeString | None:
        """With which course."""
        if event.course is None:
            return None
        return link(reverse("admin:profiles_course_change", args=[event.course_id]), event.course)

    @display(description=_("detail"))
    def detail(self, event: Event) -> str:
        """Stars, an amount, a share or a text."""
        return detail_of(event)

    @display(description=_("left out as"))
    def left_out(self, event: Event) -> Any:
        """Why nothing is learned from it, if so."""
        flag = EventFlag.objects.filter(pk=event.pk).first()
        return TITLES.get(flag.step, flag.step) if flag else None

    @display(description=_("context"))
    def readable_context(self, event: Event) -> SafeString:
        """What else the platform told."""
        return pretty_json(event.context)
