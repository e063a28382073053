"""Experiments: planned as a draft, started and stopped after a question, and read on one page with their chart."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from crossmarket.foundation.desk import go_to, question
from profiles import experiments
from profiles.admin.experiment_chart import lift_chart
from profiles.admin.holdout_page import holdout_page
from profiles.experiment_results import Results, results
from profiles.experiment_words import verdict_words
from profiles.models import Arm, EventType, Experiment, ExperimentState

WORDS_ONLY = ("name", "hypothesis")
"""What may be changed once it has started: the question itself stays what it was."""


class ExperimentForm(forms.ModelForm):
    """A draft."""

    outcome_types = forms.MultipleChoiceField(
        label=capfirst(_("what counts")),
        choices=EventType.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Everything that people do of these kinds, on any course and any of their platforms."),
    )

    class Meta:
        model = Experiment
        fields = "__all__"  # noqa: DJ007 the admin's fieldsets name the fields
        widgets = {"hypothesis": UnfoldAdminTextareaWidget(attrs={"rows": 3})}


class ArmFormSet(forms.BaseInlineFormSet):
    """The arms of a draft together."""

    def clean(self) -> None:
        """At most one is the control; that there is one is asked at the start."""
        super().clean()
        kept = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        if sum(bool(each.get("is_control")) and not each.get("DELETE") for each in kept) > 1:
            raise ValidationError(_("Only one arm can be the control."))


class ArmInline(TabularInline):
    """What is tried; fixed once the experiment has started."""

    model = Arm
    formset = ArmFormSet
    fields = ("name", "slug", "weight", "is_control")
    hide_title = True

    def get_extra(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> int:
        """A new experiment begins with the two that it needs at least."""
        return 0 if obj else 2

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """To drafts."""
        return super().has_add_permission(request, obj) and _is_open(obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of drafts."""
        return super().has_change_permission(request, obj) and _is_open(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """From drafts."""
        return super().has_delete_permission(request, obj) and _is_open(obj)


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    """Questions put to persons at random."""

    form = ExperimentForm
    list_display = ("name", "state_label", "arm_count", "exposure_count", "what_counts", "started_at", "stopped_at")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_sheet = True
    search_fields = ("name", "slug")
    ordering = ("-pk",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (ArmInline,)
    actions_list = ("beside_holdout",)
    actions_detail = ("start", "stop")
    change_form_before_template = "admin/profiles/experiment/results.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        """With the numbers of arms and of exposures."""
        counts = {"arms_counted": Count("arms", distinct=True), "exposures_counted": Count("exposures", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The page of all experiments together."""
        return (("holdout/", "profiles_experiment_holdout", holdout_page),)

    def get_fieldsets(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        """A draft's plan to be filled in; of what has started, the plan to be read."""
        counts = "outcome_types" if _is_open(obj) else "what_counts"
        rules = (counts, "outcome_measure", "outcome_days", "history_days", "planned_persons", "excludes_holdout")
        times = () if _is_open(obj) else ("started_at", "stopped_at")
        return (
            (None, {"fields": ("name", "slug", "hypothesis", *times)}),
            (_("What is measured"), {"fields": rules}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> tuple[str, ...]:
        """All but its words, once it has started."""
        if _is_open(obj):
            return ()
        fields = [name for _title, options in self.get_fieldsets(request, obj) for name in options["fields"]]
        return tuple(name for name in fields if name not in WORDS_ONLY)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Experiment | None = None) -> dict[str, Any]:
        """Only what can still be written."""
        return dict(self.prepopulated_fields) if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Drafts only: what was asked and found out is kept."""
        return super().has_delete_permission(request, obj) and obj is not None and _is_open(obj)

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change a draft."""
        return self._may_move(request, object_id, ExperimentState.DRAFT)

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change one that runs."""
        return self._may_move(request, object_id, ExperimentState.RUNNING)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one experiment, with what came of it."""
        experiment = self.get_object(request, object_id)
        told = _told(results(experiment)) if isinstance(experiment, Experiment) and experiment.started_at else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The control last, so that it can pass from one arm to another."""
        arms = formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        for arm in sorted(arms, key=lambda arm: arm.is_control):
            arm.save()
        formset.save_m2m()

    @display(description=_("state"), ordering="state", label=dict(draft="", running="success", stopped="info"))
    def state_label(self, experiment: Experiment) -> tuple[str, str]:
        """Where it is in its life."""
        return experiment.state, experiment.get_state_display()

    @display(description=_("arms"), ordering="arms_counted")
    def arm_count(self, experiment: Experiment) -> int:
        """How many arms it has."""
        return experiment.arms_counted

    @display(description=_("exposures"), ordering="exposures_counted")
    def exposure_count(self, experiment: Experiment) -> int:
        """How often somebody met their arm for the first time."""
        return experiment.exposures_counted

    @display(description=_("what counts"))
    def what_counts(self, experiment: Experiment) -> str:
        """The kinds of events, in words."""
        words = dict(EventType.choices)
        return ", ".join(str(words[each]) for each in experiment.outcome_types)

    @action(description=_("All beside the holdout"), icon="balance")
    def beside_holdout(self, request: HttpRequest) -> HttpResponse:
        """Go to the page of all experiments together."""
        return redirect("admin:profiles_experiment_holdout")

    @action(
        description=_("Start"),
        icon="play_arrow",
        permissions=["start"],
        dialog=question(
            _("Start the experiment?"),
            _("People are put into its arms from now on. Arms, weights and what counts cannot be changed any more."),
            _("Start"),
        ),
    )
    def start(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Let it run."""
        try:
            experiment = experiments.start(get_object_or_404(Experiment, pk=object_id))
        except experiments.CannotStart as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, _("%(experiment)s runs.") % {"experiment": experiment})
        return go_to(request, reverse("admin:profiles_experiment_change", args=[object_id]))

    @action(
        description=_("Stop"),
        icon="stop",
        permissions=["stop"],
        dialog=question(
            _("Stop the experiment?"),
            _("It cannot be started again. What exposed people do still counts until their days are over."),
            _("Stop"),
        ),
    )
    def stop(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """End it for good."""
        try:
            experiment = experiments.stop(get_object_or_404(Experiment, pk=object_id))
        except experiments.NotRunning as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, _("%(experiment)s has ended.") % {"experiment": experiment})
        return go_to(request, reverse("admin:profiles_experiment_change", args=[object_id]))

    def _may_move(self, request: HttpRequest, object_id: Any, state: ExperimentState) -> bool:
        is_there = object_id is None or Experiment.objects.filter(pk=object_id, state=state).exists()
        return is_there and request.user.has_perm("profiles.change_experiment")


def _is_open(experiment: Model | None) -> bool:
    """Whether its plan may still be changed."""
    return not isinstance(experiment, Experiment) or experiment.state == ExperimentState.DRAFT


def _told(answer: Results) -> dict[str, Any]:
    """What the page shows."""
    total = sum(each.arm.weight for each in answer.arms)
    return {
        "results": answer,
        "verdicts": [words for each in answer.arms if (words := verdict_words(answer, each))],
        "arm_rows": [
            {"result": each, "share": each.arm.weight / total, "mean": _shown_mean(each.mean)} for each in answer.arms
        ],
        "charts": [
            (each.arm, chart) for each in answer.arms if each.series and (chart := lift_chart(answer.days, each.series))
        ],
    }


def _shown_mean(mean: float | None) -> str:
    return "-" if mean is None else f"{mean:.4g}"
