"""Trained models: how good they are, which of them answers, and training new ones."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AllValuesCheckboxFilter
from unfold.decorators import action, display

from crossmarket.foundation.desk import ReadOnlyAdmin, go_to, link, question
from crossmarket.foundation.models import Job
from crossmarket.foundation.pretty import pretty_json
from recommend import ranker_training, training, versions
from recommend.admin import setting_words
from recommend.admin.training_form import ActivationForm, settings_form
from recommend.algorithms.base import Algorithm, InvalidConfig
from recommend.algorithms.registry import ALGORITHMS
from recommend.models import ModelVersion, Role
from recommend.ranking.ranker import Ranker

TRAINED: dict[str, type[Algorithm[Any]] | type[Ranker]] = {**ALGORITHMS, Ranker.name: Ranker}
MAY_TRAIN = "recommend.add_modelversion"
MAY_CHOOSE = "recommend.change_modelversion"


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Models are made by training; here one is chosen to answer."""

    list_display = (
        "name",
        "role",
        "answers",
        "ndcg",
        "recall",
        "learners",
        "courses",
        "interactions",
        "fit_seconds",
        "created_at",
    )
    list_filter = ("role", ("algorithm", AllValuesCheckboxFilter), "is_active")
    list_filter_sheet = True
    ordering = ("-created_at",)
    fields = ("name", "role", "is_active", "activated_at", "learners", "courses", "interactions", "fit_seconds",
              "made_by", "created_at", "readable_config")  # fmt: skip
    readonly_fields = ("name", "made_by", "readable_config")
    actions_list = ("train", "roll_back", "roll_back_ranker")
    actions_detail = ("activate",)
    change_form_before_template = "admin/recommend/modelversion/figures.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one model, with its loss curve."""
        version = self.get_object(request, object_id)
        chart = loss_chart(version) if version else None
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "loss_chart": chart})

    def has_train_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this user may have models made."""
        return request.user.has_perm(MAY_TRAIN)

    def has_choose_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this user may say which model answers."""
        return request.user.has_perm(MAY_CHOOSE)

    @display(description=_("model"), ordering="algorithm")
    def name(self, version: ModelVersion) -> str:
        """Algorithm and number."""
        return str(version)

    @display(description=_("state"), label={"active": "success", "resting": ""})
    def answers(self, version: ModelVersion) -> tuple[str, Any]:
        """Whether it answers now."""
        return ("active", _("answers now")) if version.is_active else ("resting", _("resting"))

    @display(description="NDCG@10", ordering="metrics__ndcg@10")
    def ndcg(self, version: ModelVersion) -> float | None:
        """How well the best ten were ordered, on what was held out."""
        return version.metrics.get("ndcg@10")

    @display(description="Recall@10", ordering="metrics__recall@10")
    def recall(self, version: ModelVersion) -> float | None:
        """How often the next course was among the best ten, on what was held out."""
        return version.metrics.get("recall@10")

    @display(description=_("training time (s)"), ordering="fit_seconds")
    def seconds(self, version: ModelVersion) -> float:
        """How long it took to train."""
        return round(version.fit_seconds, 1)

    @display(description=_("trained by"))
    def made_by(self, version: ModelVersion) -> SafeString | None:
        """The job that trained it."""
        if version.job is None:
            return None
        return link(reverse("admin:foundation_job_change", args=[version.job_id]), version.job)

    @display(description=_("settings"))
    def readable_config(self, version: ModelVersion) -> SafeString:
        """Its settings."""
        return pretty_json(version.config)

    @action(description=_("Train a model"), icon="model_training", permissions=["train"])
    def train(self, request: HttpRequest) -> HttpResponse:
        """Choose an algorithm and its settings, and let a worker train it."""
        name = request.GET.get("algorithm", "")
        name = name if name in TRAINED else next(iter(TRAINED))
        form = settings_form(TRAINED[name])(request.POST or None)
        activation = ActivationForm(request.POST or None)
        if form.is_valid() and activation.is_valid():
            try:
                job = _enqueue(name, form.cleaned_data, activation.cleaned_data["activation"])
            except InvalidConfig as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The training waits for a worker; follow it here."))
                return HttpResponseRedirect(reverse("admin:foundation_job_change", args=[job.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Train a model"),
            "algorithms": [(each, setting_words.ALGORITHMS.get(each, "")) for each in TRAINED],
            "chosen": name,
            "form": form,
            "activation": activation,
        }
        return TemplateResponse(request, "admin/recommend/modelversion/train.html", context)

    @action(
        description=_("Let it answer"),
        icon="check_circle",
        permissions=["choose"],
        dialog=question(
            _("Let this model answer?"),
            _("It takes over at once, in every process, and can be rolled back."),
            _("Activate"),
        ),
    )
    def activate(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Make this model the one that answers."""
        version = get_object_or_404(ModelVersion, pk=object_id)
        versions.activate(version)
        messages.success(request, _("%(model)s answers now.") % {"model": version})
        return go_to(request, reverse("admin:recommend_modelversion_change", args=[object_id]))

    @action(
        description=_("Roll back"),
        icon="undo",
        permissions=["choose"],
        dialog=question(
            _("Go back to the model before?"),
            _("The model that answered before the present one takes over at once."),
            _("Roll back"),
        ),
    )
    def roll_back(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Let the model before answer again."""
        return _roll_back(request, Role.RECOMMENDER)

    @action(
        description=_("Roll back the ranker"),
        icon="undo",
        permissions=["choose"],
        dialog=question(
            _("Go back to the ranker before?"),
            _("The ranker that was used before the present one takes over at once."),
            _("Roll back"),
        ),
    )
    def roll_back_ranker(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Let the ranker before be used again."""
        return _roll_back(request, Role.RANKER)


def _enqueue(name: str, settings: dict[str, Any], activation: training.Activation) -> Job:
    if name == Ranker.name:
        return ranker_training.enqueue_ranker_training(settings, activation)
    return training.enqueue_training(name, settings, activation)


def _roll_back(request: HttpRequest, role: Role) -> HttpResponse:
    try:
        version = versions.roll_back(role)
    except versions.NothingToRollBackTo:
        messages.warning(request, _("No other model was active before."))
    else:
        messages.success(request, _("%(model)s answers again.") % {"model": version})
    return go_to(request, reverse("admin:recommend_modelversion_changelist"))


def loss_chart(version: ModelVersion) -> str | None:
    """The losses by epoch as Chart.js takes them; None for a model without a curve."""
    if not version.loss_curve:
        return None
    lines = (
        (translated("training"), "training_loss", "var(--color-primary-500)"),
        (translated("validation"), "validation_loss", "var(--color-base-400)"),
    )
    datasets = [
        {
            "label": label,
            "data": [point.get(name) for point in version.loss_curve],
            "borderColor": colour,
            "displayYAxis": True,
            "tension": 0.2,
        }
        for label, name, colour in lines
        if any(point.get(name) is not None for point in version.loss_curve)
    ]
    return json.dumps({"labels": [point["epoch"] for point in version.loss_curve], "datasets": datasets})
