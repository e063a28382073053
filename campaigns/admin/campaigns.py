"""Campaigns: drafted, scheduled, run, paused and ended."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from campaigns.admin.plans import CheckInPlanInline, LotteryPlanInline, MilestoneInline, PrizeInline
from campaigns.admin.results_page import results_page, winners
from campaigns.models import Campaign, CampaignKind, CampaignState
from campaigns.services import life
from crossmarket.foundation.audit_desk import AuditedAdmin
from crossmarket.foundation.desk import go_to, question

LATER_TOO = ("name", "description", "ends_at")
"""What may be changed once people know of the campaign."""


@admin.register(Campaign)
class CampaignAdmin(AuditedAdmin):
    """The shell of all campaigns, with the plan of its kind below."""

    list_display = ("name", "kind", "state_label", "starts_at", "ends_at", "points_given")
    list_filter = (("kind", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter))
    list_filter_sheet = True
    search_fields = ("name",)
    autocomplete_fields = ("segments",)
    actions_detail = ("results", "schedule", "back", "run", "pause", "end", "copy")

    def get_urls(self) -> Any:
        """With the pages of its results."""
        site = self.admin_site
        return [
            path("<uuid:object_id>/results/", site.admin_view(results_page), name="campaigns_campaign_results"),
            path("<uuid:object_id>/winners.csv", site.admin_view(winners), name="campaigns_campaign_winners"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        """The plan, and of a campaign that there is, where it stands."""
        return (
            (None, {"fields": ("name", "description", "kind", *(("state", "points_given") if obj else ()))}),
            (_("For whom"), {"fields": ("platforms", "segments", "needs_marketing_consent", "holdout")}),
            (_("When"), {"fields": ("starts_at", "ends_at", "timezone")}),
            (_("Budget"), {"fields": ("points_budget",)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        """All but its words and its end, once people may know of it; its kind at once."""
        if obj is None:
            return ()
        if obj.state == CampaignState.DRAFT:
            return ("kind", "state", "points_given")
        fields = [name for _title, options in self.get_fieldsets(request, obj) for name in options["fields"]]
        return tuple(name for name in fields if name not in LATER_TOO)

    def get_inlines(self, request: HttpRequest, obj: Campaign | None) -> Any:
        """The plan of its kind, once its kind is known."""
        if obj is None:
            return []
        return {
            CampaignKind.CHECK_IN: [CheckInPlanInline, MilestoneInline],
            CampaignKind.LOTTERY: [LotteryPlanInline, PrizeInline],
        }[CampaignKind(obj.kind)]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Drafts only: what people did is kept."""
        is_draft = isinstance(obj, Campaign) and obj.state == CampaignState.DRAFT
        return super().has_delete_permission(request, obj) and is_draft

    @display(
        description=_("state"),
        ordering="state",
        label={"draft": "", "scheduled": "info", "running": "success", "paused": "warning", "ended": ""},
    )
    def state_label(self, campaign: Campaign) -> tuple[str, str]:
        """Where it stands."""
        return campaign.state, campaign.get_state_display()

    @action(description=_("Results"), icon="monitoring")
    def results(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What came of it."""
        return go_to(request, reverse("admin:campaigns_campaign_results", args=[object_id]))

    def has_schedule_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of a draft."""
        return self._may_move(request, object_id, CampaignState.SCHEDULED)

    def has_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what is scheduled."""
        return self._may_move(request, object_id, CampaignState.DRAFT)

    def has_run_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what is scheduled or paused."""
        return self._may_move(request, object_id, CampaignState.RUNNING)

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what runs."""
        return self._may_move(request, object_id, CampaignState.PAUSED)

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what has begun."""
        return self._may_move(request, object_id, CampaignState.ENDED)

    def has_copy_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of any, by those who may make one."""
        return self.has_add_permission(request)

    @action(
        description=_("Schedule"),
        icon="event_available",
        permissions=["schedule"],
        dialog=question(
            _("Schedule this campaign?"),
            _("It begins when its time has come. From now on only its words and its end can be changed."),
            _("Schedule"),
        ),
    )
    def schedule(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """From a draft on."""
        return self._move(request, object_id, CampaignState.SCHEDULED)

    @action(
        description=_("Back to draft"),
        icon="undo",
        permissions=["back"],
        dialog=question(_("Make it a draft again?"), _("It will not begin until it is scheduled again."), _("Back")),
    )
    def back(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """As long as it has not begun."""
        return self._move(request, object_id, CampaignState.DRAFT)

    @action(
        description=_("Run"),
        icon="play_arrow",
        permissions=["run"],
        dialog=question(_("Let it run now?"), _("People can take part from now on."), _("Run")),
    )
    def run(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Now, or again."""
        return self._move(request, object_id, CampaignState.RUNNING)

    @action(
        description=_("Pause"),
        icon="pause",
        permissions=["pause"],
        dialog=question(_("Pause this campaign?"), _("Nobody can take part until it goes on."), _("Pause")),
    )
    def pause(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """For a while."""
        return self._move(request, object_id, CampaignState.PAUSED)

    @action(
        description=_("End"),
        icon="stop",
        permissions=["end"],
        dialog=question(
            _("End this campaign?"),
            _("It cannot be started again. Of a lottery, the secret seed is published."),
            _("End"),
        ),
    )
    def end(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """For good."""
        return self._move(request, object_id, CampaignState.ENDED)

    @action(
        description=_("Copy"),
        icon="content_copy",
        permissions=["copy"],
        dialog=question(_("Make a copy?"), _("A draft with the same audience and plan."), _("Copy")),
    )
    def copy(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """As a new draft."""
        return go_to(request, self._page(life.clone(get_object_or_404(Campaign, pk=object_id)).pk))

    def _may_move(self, request: HttpRequest, object_id: Any, to: CampaignState) -> bool:
        campaign = Campaign.objects.filter(pk=object_id).first()
        can = campaign is not None and to in life.STEPS[CampaignState(campaign.state)]
        return can and self.has_change_permission(request)

    def _move(self, request: HttpRequest, object_id: str, to: CampaignState) -> HttpResponse:
        campaign = get_object_or_404(Campaign, pk=object_id)
        try:
            moved = life.move(campaign, to, request.user)
        except life.CannotMove as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(campaign)s: %(state)s.") % {"campaign": moved, "state": to.label})
        return go_to(request, self._page(object_id))

    def _page(self, object_id: Any) -> str:
        return reverse("admin:campaigns_campaign_change", args=[object_id])
