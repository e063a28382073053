"""Coupon batches: drafted, reviewed, started and ended, with their rule in words."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from crossmarket.foundation.audit_desk import AuditedAdmin
from crossmarket.foundation.desk import go_to, question
from crossmarket.foundation.money import in_words as money
from promotions import rule_words
from promotions.admin.batch_coupons import BatchCoupons
from promotions.admin.batch_preview import preview
from promotions.admin.code_search import code_search_page
from promotions.admin.codes_page import codes_page
from promotions.admin.designer import CouponBatchForm
from promotions.admin.results_page import results_page
from promotions.admin.simulator import simulator_page
from promotions.models import BatchState, CodeKind, CouponBatch
from promotions.services import generating, publishing

LATER_TOO = ("name", "description", "ends_at", "limit_total", "limit_day", "budget")
"""What may be changed once people know of the batch: what it gives and for whom stays what it was."""


class CountForm(BaseDialogForm):
    """How many coupons to make."""

    count = forms.IntegerField(
        label=_("how many"), min_value=1, max_value=generating.MOST, initial=1_000, widget=UnfoldAdminIntegerFieldWidget
    )


@admin.register(CouponBatch)
class CouponBatchAdmin(BatchCoupons, AuditedAdmin):
    """The rules of coupons."""

    form = CouponBatchForm
    change_form_outer_before_template = "admin/promotions/couponbatch/beside.html"
    list_display = ("name", "state_label", "gives", "used", "taken_off", "starts_at", "ends_at")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_sheet = True
    search_fields = ("name", "shared_code")
    autocomplete_fields = ("segments",)
    actions_list = ("simulator", "code_search")
    actions_detail = (
        "submit",
        "send_back",
        "start",
        "pause",
        "end",
        "make_coupons",
        "revoke_free",
        "codes_as_files",
        "look_at_results",
    )

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """Pages beside those of batches."""
        return (
            ("simulator/", "promotions_couponbatch_simulator", simulator_page),
            ("code/", "promotions_couponbatch_code", code_search_page),
            ("preview/", "promotions_couponbatch_preview", preview),
            ("<uuid:batch_id>/codes/", "promotions_couponbatch_codes", codes_page),
            ("<uuid:batch_id>/results/", "promotions_couponbatch_results", results_page),
        )

    def get_fieldsets(self, request: HttpRequest, obj: CouponBatch | None = None) -> Any:
        """The plan, and of a batch that there is, its rule in words and what came of it."""
        figures = ("state", "used", "taken_off", "rule") if obj else ()
        return (
            (None, {"fields": ("name", "description", *figures)}),
            (_("What it gives"), {"fields": ("benefit", "value", "cap", "units", "currency")}),
            (_("For what and whom"), {"fields": ("scope", "minimum", "first_purchase", "segments", "holdout")}),
            (_("When"), {"fields": ("starts_at", "ends_at", "days_after_claim", "hours", "timezone")}),
            (_("How often"), {"fields": ("limit_total", "limit_person", "limit_day", "budget", "returns_coupon")}),
            (_("Beside others"), {"fields": ("rank", "group", "is_exclusive")}),
            (_("Codes"), {"fields": ("code_kind", "shared_code", "may_be_given")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: CouponBatch | None = None) -> tuple[str, ...]:
        """All but its words and limits, once people may know of it."""
        figures = ("state", "used", "taken_off", "rule")
        if obj is None or obj.state == BatchState.DRAFT:
            return figures
        fields = [name for _title, options in self.get_fieldsets(request, obj) for name in options["fields"]]
        return tuple(name for name in fields if name not in LATER_TOO)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Drafts only: what was given is kept."""
        is_draft = isinstance(obj, CouponBatch) and obj.state == BatchState.DRAFT
        return super().has_delete_permission(request, obj) and is_draft

    @display(
        description=_("state"),
        ordering="state",
        label={"draft": "", "review": "warning", "live": "success", "paused": "info", "ended": ""},
    )
    def state_label(self, batch: CouponBatch) -> tuple[str, str]:
        """Where it stands."""
        return batch.state, batch.get_state_display()

    @display(description=_("gives"))
    def gives(self, batch: CouponBatch) -> str:
        """What a coupon gives, in words."""
        return rule_words.gives_in_words(batch)

    @display(description=_("taken off"), ordering="spent")
    def taken_off(self, batch: CouponBatch) -> str:
        """The money of all uses."""
        return money(batch.spent, batch.currency)

    @display(description=_("rule in words"))
    def rule(self, batch: CouponBatch) -> SafeString:
        """All of it."""
        rows = ((sentence,) for sentence in rule_words.in_words(batch))
        return format_html('<ul class="desk-notes">{}</ul>', format_html_join("", "<li>{}</li>", rows))

    def has_submit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of a draft."""
        return self._may_move(request, object_id, BatchState.REVIEW)

    def has_send_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what is in review."""
        return self._may_move(request, object_id, BatchState.DRAFT)

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what was reviewed or paused."""
        return self._may_move(request, object_id, BatchState.LIVE)

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what is live."""
        return self._may_move(request, object_id, BatchState.PAUSED)

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what is live or paused."""
        return self._may_move(request, object_id, BatchState.ENDED)

    def has_make_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of batches with a code for each coupon that have not ended."""
        batch = CouponBatch.objects.filter(pk=object_id).first()
        is_open = batch is not None and batch.code_kind == CodeKind.UNIQUE and batch.state != BatchState.ENDED
        return is_open and self.has_change_permission(request)

    @action(description=_("Simulator"), icon="science")
    def simulator(self, request: HttpRequest) -> HttpResponse:
        """Go to the simulator."""
        return redirect("admin:promotions_couponbatch_simulator")

    @action(description=_("Look up a code"), icon="search")
    def code_search(self, request: HttpRequest) -> HttpResponse:
        """Go to the search for a code."""
        return redirect("admin:promotions_couponbatch_code")

    @action(description=_("What came of it"), icon="filter_alt")
    def look_at_results(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the page of what came of the batch."""
        return redirect("admin:promotions_couponbatch_results", batch_id=object_id)

    @action(
        description=_("Hand in for review"),
        icon="rate_review",
        permissions=["submit"],
        dialog=question(
            _("Hand this batch in for review?"),
            _("Whoever reviews it lets it go live. Until then nobody can claim or use its coupons."),
            _("Hand in"),
        ),
    )
    def submit(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """From a draft to a review."""
        self._move(request, object_id, BatchState.REVIEW)
        return go_to(request, self._page(object_id))

    @action(
        description=_("Send back"),
        icon="undo",
        permissions=["send_back"],
        dialog=question(_("Send this batch back?"), _("It becomes a draft that can be changed again."), _("Send back")),
    )
    def send_back(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """From a review to a draft."""
        self._move(request, object_id, BatchState.DRAFT)
        return go_to(request, self._page(object_id))

    @action(
        description=_("Go live"),
        icon="play_arrow",
        permissions=["start"],
        dialog=question(
            _("Let these coupons work?"),
            _("From now on people can claim and use them. What they give and for whom cannot be changed any more."),
            _("Go live"),
        ),
    )
    def start(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """From a review, or a pause, to life."""
        self._move(request, object_id, BatchState.LIVE)
        return go_to(request, self._page(object_id))

    @action(
        description=_("Pause"),
        icon="pause",
        permissions=["pause"],
        dialog=question(
            _("Pause this batch?"), _("Its coupons can neither be claimed nor used until it goes on."), _("Pause")
        ),
    )
    def pause(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """For a while nothing can be claimed or used."""
        self._move(request, object_id, BatchState.PAUSED)
        return go_to(request, self._page(object_id))

    @action(
        description=_("End"),
        icon="stop",
        permissions=["end"],
        dialog=question(
            _("End this batch?"),
            _("Its coupons stop working, also those that people have claimed. It cannot be started again."),
            _("End"),
        ),
    )
    def end(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """For good."""
        self._move(request, object_id, BatchState.ENDED)
        return go_to(request, self._page(object_id))

    @action(
        description=_("Make coupons"),
        icon="confirmation_number",
        permissions=["make"],
        dialog=question(
            _("Make coupons with codes"),
            _("A worker makes them; each has a code of its own that nobody can guess."),
            _("Make"),
            CountForm,
        ),
    )
    def make_coupons(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """By a worker."""
        job = generating.enqueue(get_object_or_404(CouponBatch, pk=object_id), form.cleaned_data["count"], request.user)
        messages.success(request, _("The coupons wait for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))

    def _may_move(self, request: HttpRequest, object_id: Any, to: BatchState) -> bool:
        batch = CouponBatch.objects.filter(pk=object_id).first()
        return (
            batch is not None
            and to in publishing.STEPS[BatchState(batch.state)]
            and self.has_change_permission(request)
        )

    def _move(self, request: HttpRequest, object_id: str, to: BatchState) -> None:
        batch = get_object_or_404(CouponBatch, pk=object_id)
        try:
            moved = publishing.move(batch, to, request.user)
        except publishing.CannotChange as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, moved, str(to.label))
            messages.success(request, _("%(batch)s: %(state)s.") % {"batch": moved, "state": to.label})

    def _page(self, object_id: str) -> str:
        return reverse("admin:promotions_couponbatch_change", args=[object_id])
