"""Programs of personal offers, and each decision with why it was made."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from crossmarket.foundation.audit_desk import AuditedAdmin
from crossmarket.foundation.desk import ReadOnlyAdmin, go_to, question
from crossmarket.foundation.money import in_words as money
from promotions import offer_words
from promotions.admin.offer_report import report_page
from promotions.models import Offer, OfferProgram, OfferTerms, ProgramState
from promotions.services import offer_programs, offering


class TermsInline(TabularInline):
    """Other terms for single courses and platforms."""

    model = OfferTerms
    fields = ("platform", "course", "cost_share", "least", "most")
    autocomplete_fields = ("course",)
    extra = 0


class OfferProgramForm(forms.ModelForm):
    """A program, with units said."""

    class Meta:
        model = OfferProgram
        fields = "__all__"  # noqa: DJ007 the admin's fieldsets name the fields
        help_texts = {
            "levels": _("In hundredths of a percent, ascending: 500,1000,2000 is 5, 10 and 20 percent."),
            "budget": _("What all offers may be expected to take off together, in minor units."),
            "cost_share": _("Of the list price, in hundredths of a percent."),
            "least_margin": _("Of the list price, after cost and discount, in hundredths of a percent."),
            "exploration": _("In hundredths of a percent of the people."),
            "holdout": _("In hundredths of a percent of the people, who never get an offer."),
            "outcome_days": _("A purchase within so many days counts as what came of an offer."),
        }

    def clean_levels(self) -> list[int]:
        """Ascending, each once."""
        return sorted(set(self.cleaned_data["levels"]))


@admin.register(OfferProgram)
class OfferProgramAdmin(AuditedAdmin):
    """By which rules personal offers are made."""

    form = OfferProgramForm
    list_display = ("name", "state_label", "batch", "budget_words", "decided_at")
    list_select_related = ("batch",)
    search_fields = ("name",)
    autocomplete_fields = ("batch", "segments")
    filter_horizontal = ("platforms",)
    readonly_fields = ("state", "started_at", "decided_at")
    inlines = (TermsInline,)
    actions_detail = ("report", "start", "decide_now", "pause", "end")
    fieldsets = (
        (None, {"fields": ("name", "state", "batch", "started_at", "decided_at")}),
        (_("For what and whom"), {"fields": ("scope", "platforms", "segments")}),
        (_("How much"), {"fields": ("levels", "budget", "cost_share", "least_margin")}),
        (_("Learning and comparing"), {"fields": ("exploration", "holdout", "outcome_days")}),
        (_("Quiet"), {"fields": ("offers_at_most", "quiet_days")}),
    )

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The report beside each program."""
        return (("<uuid:program_id>/report/", "promotions_offerprogram_report", report_page),)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only: what was decided is kept."""
        return super().has_delete_permission(request, obj) and obj is not None and obj.state == ProgramState.DRAFT

    @display(
        description=_("state"),
        ordering="state",
        label={"draft": "", "running": "success", "paused": "info", "ended": ""},
    )
    def state_label(self, program: OfferProgram) -> tuple[str, str]:
        """Where it stands."""
        return program.state, program.get_state_display()

    @display(description=_("budget"), ordering="budget")
    def budget_words(self, program: OfferProgram) -> str:
        """In money."""
        return money(program.budget, program.batch.currency)

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what is drafted or paused."""
        return self._may_move(request, object_id, ProgramState.RUNNING)

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what runs."""
        return self._may_move(request, object_id, ProgramState.PAUSED)

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what runs or is paused."""
        return self._may_move(request, object_id, ProgramState.ENDED)

    has_decide_permission = has_pause_permission

    @action(description=_("Backtest and fairness"), icon="query_stats")
    def report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the report."""
        return redirect("admin:promotions_offerprogram_report", object_id)

    @action(
        description=_("Start"),
        icon="play_arrow",
        permissions=["start"],
        dialog=question(_("Start this program?"), _("Every night it decides on offers; coupons go out."), _("Start")),
    )
    def start(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """From a draft, or a pause."""
        return self._move(request, object_id, ProgramState.RUNNING)

    @action(
        description=_("Pause"),
        icon="pause",
        permissions=["pause"],
        dialog=question(_("Pause this program?"), _("It makes no offers; those made stay good."), _("Pause")),
    )
    def pause(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """For a while."""
        return self._move(request, object_id, ProgramState.PAUSED)

    @action(
        description=_("End"),
        icon="stop",
        permissions=["end"],
        dialog=question(_("End this program?"), _("It cannot be started again; offers made stay good."), _("End")),
    )
    def end(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """For good."""
        return self._move(request, object_id, ProgramState.ENDED)

    @action(
        description=_("Decide now"),
        icon="bolt",
        permissions=["decide"],
        dialog=question(_("Decide on offers now?"), _("A worker does what it else does at night."), _("Decide now")),
    )
    def decide_now(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """By a worker."""
        job = offering.enqueue(get_object_or_404(OfferProgram, pk=object_id))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))

    def _may_move(self, request: HttpRequest, object_id: Any, to: ProgramState) -> bool:
        program = OfferProgram.objects.filter(pk=object_id).first()
        may = program is not None and to in offer_programs.STEPS[ProgramState(program.state)]
        return may and self.has_change_permission(request)

    def _move(self, request: HttpRequest, object_id: str, to: ProgramState) -> HttpResponse:
        program = get_object_or_404(OfferProgram, pk=object_id)
        try:
            offer_programs.move(program, to, request.user)
        except offer_programs.CannotMove as error:
            messages.error(request, str(error))
        return go_to(request, reverse("admin:promotions_offerprogram_change", args=[object_id]))


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin):
    """The log of decisions: who was offered what, why, and what came of it."""

    list_display = ("decided_at", "account", "course", "share", "explored", "outcome", "program")
    list_select_related = ("account__platform", "course", "program")
    list_filter = (("program", RelatedDropdownFilter), ("outcome", ChoicesDropdownFilter), "explored")
    list_filter_sheet = True
    search_fields = ("account__external_id__exact", "course__item_id__exact")
    search_help_text = _("A whole user id on a platform, or a whole item id")
    show_full_result_count = False
    fields = ("program", "account", "course", "coupon", "share", "why", "by_level", "explored", "propensity", "uplift",
              "told", "decided_at", "counts_until", "outcome", "paid", "job")  # fmt: skip
    readonly_fields = ("share", "why", "by_level", "told")

    @display(description=_("discount"), ordering="level")
    def share(self, offer: Offer) -> str:
        """In percent."""
        return f"{offer.level / 100:g}%"

    @display(description=_("why"))
    def why(self, offer: Offer) -> str:
        """The reason as the person reads it."""
        return offer_words.in_words(offer.reason)

    @display(description=_("chances of buying, by discount"))
    def by_level(self, offer: Offer) -> str:
        """What the model held likely; empty for what was decided before anything was learned."""
        pairs = zip([0, *offer.ladder], offer.chances, strict=False)
        return "; ".join(f"{level / 100:g}%: {100 * chance:.2f}%" for level, chance in pairs)

    @display(description=_("inputs"))
    def told(self, offer: Offer) -> SafeString:
        """All that the model was told."""
        rows = ((name, str(value)) for name, value in offer.inputs.items())
        return format_html('<ul class="desk-notes">{}</ul>', format_html_join("", "<li>{}: {}</li>", rows))
