"""What platforms were told and are to be told: changes, their deliveries, the last answers, and replaying."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from accounts.models import Change, Delivery, DeliveryAttempt, DeliveryState
from accounts.services.changes import declared
from accounts.services.deliveries import replay
from crossmarket.foundation.desk import DayRangeFilter, LongTable, ReadOnlyAdmin, ReadOnlyInline, go_to, question
from crossmarket.foundation.pretty import pretty_json

COLOURS = {DeliveryState.WAITING: "info", DeliveryState.DELIVERED: "success", DeliveryState.PARKED: "danger"}
MOST_ANSWERS = 40
"""More than a day of attempts has."""


class AttemptInline(ReadOnlyInline):
    """What the receiver answered, the latest first."""

    model = DeliveryAttempt
    fields = readonly_fields = ("at", "status", "took", "words")
    ordering = ("-id",)
    per_page = MOST_ANSWERS

    @display(description=_("duration"))
    def took(self, attempt: DeliveryAttempt) -> str:
        """How long the receiver took."""
        return _("%(seconds).1f s") % {"seconds": attempt.seconds}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin, LongTable):
    """Deliveries; those who may change them can send them once more."""

    list_display = ("what", "user_id", "endpoint", "standing", "attempts", "last_answer", "due_at")
    list_select_related = ("endpoint", "change")
    list_filter = (("state", ChoicesDropdownFilter), ("endpoint", RelatedDropdownFilter))
    list_filter_sheet = True
    search_fields = ("user_id__startswith",)
    search_help_text = _("The beginning of the user id on the platform")
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("what", "user_id", "endpoint", "standing", "attempts", "waiting_since", "due_at", "delivered_at", "data")
    readonly_fields = ("what", "standing", "data")
    inlines = (AttemptInline,)
    actions = ("replay_selected",)
    actions_detail = ("replay_one",)
    actions_list = ("replay_given_up",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With the last answer of each."""
        last = DeliveryAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-id")
        last_words, last_status = Subquery(last.values("words")[:1]), Subquery(last.values("status")[:1])
        return super().get_queryset(request).annotate(last_words=last_words, last_status=last_status)

    def has_replay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Those who may change deliveries, which is otherwise done by nobody."""
        return request.user.has_perm("accounts.change_delivery")

    @display(description=_("change"))
    def what(self, delivery: Delivery) -> str:
        """What happened."""
        return str(declared().get(delivery.change.type, delivery.change.type))

    @display(description=_("state"), label={state.value: colour for state, colour in COLOURS.items()})
    def standing(self, delivery: Delivery) -> tuple[str, Any]:
        """Where it stands."""
        return delivery.state, delivery.get_state_display()

    @display(description=_("last answer"))
    def last_answer(self, delivery: Delivery) -> str:
        """The status, or why there was none."""
        if delivery.last_words is None:
            return "-"
        return str(delivery.last_status or delivery.last_words[:60])

    @display(description=_("data"))
    def data(self, delivery: Delivery) -> SafeString:
        """What the platform is told."""
        return pretty_json(delivery.change.data)

    @admin.action(description=_("Send selected once more"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Send the chosen ones once more."""
        _tell(request, replay(Delivery.objects.filter(pk__in=queryset.values_list("pk", flat=True))))

    @action(
        description=_("Send once more"),
        icon="replay",
        permissions=["replay"],
        dialog=question(
            _("Send this once more?"),
            _("The receiver gets the same message, with the same id, and is tried for another day."),
            _("Send"),
        ),
    )
    def replay_one(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Send one once more."""
        _tell(request, replay(Delivery.objects.filter(pk=object_id)))
        return go_to(request, reverse("admin:accounts_delivery_change", args=[object_id]))

    @action(
        description=_("Send all given up once more"),
        icon="replay",
        permissions=["replay"],
        dialog=question(
            _("Send everything that was given up?"),
            _("Each is tried for another day, in order for each user; what was sent later is not sent again."),
            _("Send"),
        ),
    )
    def replay_given_up(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Send all that were given up once more."""
        _tell(request, replay(Delivery.objects.parked()))
        return go_to(request, reverse("admin:accounts_delivery_changelist"))


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin, LongTable):
    """Everything that platforms are told, whether they pull it or have it sent."""

    list_display = ("happened_at", "platform", "what", "user_id")
    list_select_related = ("platform",)
    list_filter = (("platform", RelatedDropdownFilter), ("happened_at", DayRangeFilter))
    list_filter_sheet = True
    list_filter_submit = True
    search_fields = ("user_id__startswith",)
    search_help_text = _("The beginning of the user id on the platform")
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("public_id", "happened_at", "platform", "what", "user_id", "readable")
    readonly_fields = ("public_id", "what", "readable")

    @display(description=_("change"))
    def what(self, change: Change) -> str:
        """What happened."""
        return str(declared().get(change.type, change.type))

    @display(description=_("data"))
    def readable(self, change: Change) -> SafeString:
        """What the platform is told."""
        return pretty_json(change.data)


def _tell(request: HttpRequest, count: int) -> None:
    messages.success(request, _("%(count)d are sent once more.") % {"count": count})
