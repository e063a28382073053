"""Events that could not be taken: see why, mend them, send them through once more."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from crossmarket.foundation.desk import DayRangeFilter, LongTable, go_to, question
from crossmarket.foundation.models import Job
from crossmarket.foundation.pretty import pretty_json
from profiles.models import RejectedEvent
from profiles.replaying import AT_ONCE, replay_chosen, replay_waiting
from profiles.services import ReplayResult, replay

MOST_CODES = 50


class WaitingFilter(admin.SimpleListFilter):
    """Those that wait, or those already replayed."""

    title = _("state")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("yes", _("waiting")), ("no", _("replayed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RejectedEvent]) -> QuerySet[RejectedEvent]:
        """The events chosen."""
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(replayed_at__isnull=self.value() == "yes")


class CodeFilter(admin.SimpleListFilter):
    """The reasons there are."""

    title = _("code")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The codes in use."""
        codes = RejectedEvent.objects.order_by("code").values_list("code", flat=True).distinct()[:MOST_CODES]
        return [(code, code) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RejectedEvent]) -> QuerySet[RejectedEvent]:
        """The events chosen."""
        return queryset.filter(code=self.value()) if self.value() else queryset


class MendingForm(forms.ModelForm):
    """The event as it came, to be mended before it is replayed."""

    class Meta:
        model = RejectedEvent
        fields = ("payload",)
        widgets = {
            "payload": UnfoldAdminTextareaWidget(attrs={"rows": 14, "class": "desk-mono", "spellcheck": "false"})
        }


@admin.register(RejectedEvent)
class RejectedEventAdmin(LongTable):
    """Nothing is silently dropped: here it waits."""

    form = MendingForm
    list_display = ("received_at", "platform", "code", "detail", "state", "begins")
    list_select_related = ("platform",)
    list_filter = (WaitingFilter, CodeFilter, ("platform", RelatedDropdownFilter), ("received_at", DayRangeFilter))
    list_filter_sheet = True
    list_filter_submit = True
    search_fields = ("payload",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = ("replay_selected",)
    actions_list = ("replay_all",)
    actions_submit_line = ("save_and_replay",)
    readonly_fields = ("platform", "is_raw", "code", "detail", "received_at", "replayed_at", "readable")

    def get_fields(self, request: HttpRequest, obj: RejectedEvent | None = None) -> tuple[str, ...]:
        """The text to mend while it waits; readable beside it."""
        told = ("platform", "is_raw", "code", "detail", "received_at", "replayed_at", "readable")
        return (*told, "payload") if self.has_change_permission(request, obj) else told

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come from platforms."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is dropped."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As granted, while the event waits."""
        was_replayed = isinstance(obj, RejectedEvent) and obj.replayed_at is not None
        return super().has_change_permission(request, obj) and not was_replayed

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> Any:
        """Replaying is offered while the event waits, unless it was sent in another person's name."""
        may_be = RejectedEvent.objects.replayable().filter(pk=object_id).exists()
        return super().get_actions_submit_line(request, object_id) if may_be else []

    @display(description=_("state"), label={"waiting": "warning", "replayed": "success"})
    def state(self, rejected: RejectedEvent) -> tuple[str, Any]:
        """Whether it waits."""
        return ("waiting", _("waiting")) if rejected.replayed_at is None else ("replayed", _("replayed"))

    @display(description=_("as it came"))
    def begins(self, rejected: RejectedEvent) -> str:
        """The beginning of the event."""
        return rejected.payload[:60] + ("…" if len(rejected.payload) > 60 else "")

    @display(description=_("readable"))
    def readable(self, rejected: RejectedEvent) -> SafeString:
        """The event in lines."""
        return pretty_json(rejected.payload)

    @admin.action(description=_("Replay selected"), permissions=["change"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[RejectedEvent]) -> None:
        """Send the chosen ones through once more."""
        _tell(request, replay_chosen(queryset))

    @action(
        description=_("Replay all waiting"),
        icon="replay",
        permissions=["change"],
        dialog=question(
            _("Replay all that wait?"),
            _("Each is checked once more; those that are still wrong stay here with their reason. "
              "Events sent in another person's name are left out."),
            _("Replay"),
        ),
    )  # fmt: skip
    def replay_all(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Send all waiting ones through; many of them as a job."""
        outcome = replay_waiting()
        if isinstance(outcome, Job):
            words = _("There are more than %(count)d, so a worker does it; follow it here.")
            messages.info(request, words % {"count": AT_ONCE})
            return go_to(request, reverse("admin:foundation_job_change", args=[outcome.pk]))
        _tell(request, outcome)
        return go_to(request, reverse("admin:profiles_rejectedevent_changelist"))

    @action(description=_("Save and replay"), permissions=["change"])
    def save_and_replay(self, request: HttpRequest, obj: RejectedEvent) -> None:
        """Send the mended one through."""
        _tell(request, replay([obj]))


def _tell(request: HttpRequest, result: ReplayResult) -> None:
    words = _(
        "Replayed: %(accepted)d accepted, %(duplicates)d were known already, %(still_rejected)d are still wrong."
    ) % {
        "accepted": result.accepted,
        "duplicates": result.duplicates,
        "still_rejected": result.still_rejected,
    }
    messages.add_message(request, messages.WARNING if result.still_rejected else messages.SUCCESS, words)
