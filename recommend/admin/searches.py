"""Searches for settings: what was tried, the best of it, and a training with that in one click."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from crossmarket.foundation.desk import ReadOnlyAdmin, go_to, link, question
from crossmarket.foundation.pretty import pretty_json
from recommend import searching, training
from recommend.admin.model_charts import search_chart
from recommend.admin.setting_words import SETTINGS
from recommend.admin.trial_forms import SearchForm
from recommend.algorithms.base import InvalidConfig
from recommend.models import ModelVersion, Search

MAY_TRAIN = "recommend.add_modelversion"
STATES = {"done": _("done"), "stopped": _("stopped early"), "failed": _("failed")}


@admin.register(Search)
class SearchAdmin(ReadOnlyAdmin):
    """What was found by searching."""

    list_display = ("algorithm", "created_at", "tried", "baseline", "best", "made_by")
    list_filter = ("algorithm",)
    ordering = ("-created_at",)
    fields = ("algorithm", "created_at", "questions", "made_by", "readable_best", "readable_start")
    readonly_fields = ("made_by", "readable_best", "readable_start")
    actions_list = ("begin",)
    actions_detail = ("train_best",)
    change_form_before_template = "admin/recommend/search/trials.html"

    def has_train_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this user may have models made."""
        return request.user.has_perm(MAY_TRAIN)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one search, with its trials."""
        search = self.get_object(request, object_id)
        told = _told(search) if isinstance(search, Search) else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    @display(description=_("trials"))
    def tried(self, search: Search) -> str:
        """How many were tried of how many."""
        return f"{len(search.trials)} / {search.trials_asked}"

    @display(description=_("job"))
    def made_by(self, search: Search) -> SafeString | None:
        """The job that searches."""
        if search.job is None:
            return None
        return link(reverse("admin:foundation_job_change", args=[search.job_id]), search.job)

    @display(description=_("best settings"))
    def readable_best(self, search: Search) -> SafeString:
        """The settings that were best."""
        return pretty_json(search.best_settings)

    @display(description=_("begun from"))
    def readable_start(self, search: Search) -> SafeString:
        """The settings that it began from."""
        return pretty_json(search.begun_from)

    @action(description=_("Search for settings"), icon="search", permissions=["train"])
    def begin(self, request: HttpRequest) -> HttpResponse:
        """Choose an algorithm and let a worker search."""
        form = SearchForm(request.POST or None)
        if form.is_valid():
            name = form.cleaned_data["algorithm"]
            latest = ModelVersion.objects.filter(algorithm=name).order_by("-number").first()
            try:
                search = searching.enqueue_search(name, latest.config if latest else {}, form.cleaned_data["trials"])
            except (InvalidConfig, searching.NothingToSearch) as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The search waits for a worker; what it tries is shown here."))
                return HttpResponseRedirect(reverse("admin:recommend_search_change", args=[search.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Search for settings"),
            "words": _("Settings are tried one after the other, each learning from those before, and judged on courses "
                       "held out of what models are trained on."),
            "form": form,
            "submit": _("Search"),
            "back_url": reverse("admin:recommend_search_changelist"),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommend/modelversion/ask.html", context)

    @action(
        description=_("Train with the best"),
        icon="model_training",
        permissions=["train"],
        dialog=question(
            _("Train a model with the best settings?"),
            _("It answers as soon as it is trained, if it is better than the model that answers now, beyond chance."),
            _("Train"),
        ),
    )
    def train_best(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Put a training with the best settings into the queue."""
        search = get_object_or_404(Search, pk=object_id)
        try:
            job = training.enqueue_training(search.algorithm, searching.job_of_best(search))
        except ValueError as error:
            messages.error(request, str(error))
            return go_to(request, reverse("admin:recommend_search_change", args=[object_id]))
        messages.success(request, _("The training waits for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))


def _told(search: Search) -> dict[str, Any]:
    names = list(dict.fromkeys(name for trial in search.trials for name in trial["settings"]))
    rows = [
        {
            "number": trial["number"] + 1,
            "state": STATES[trial["state"]],
            "is_done": trial["state"] == "done",
            "ndcg": trial["ndcg"],
            "seconds": trial["seconds"],
            "words": trial["words"],
            "values": [trial["settings"].get(name, "") for name in names],
        }
        for trial in search.trials
    ]
    rows.sort(key=lambda row: (not row["is_done"], -(row["ndcg"] or 0.0), row["number"]))
    return {
        "search_chart": search_chart(search),
        "trial_rows": rows,
        "setting_names": [SETTINGS[name].name if name in SETTINGS else name for name in names],
    }
