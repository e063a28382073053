"""Trained models: how good they are, which of them answers, and training new ones."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AllValuesCheckboxFilter
from unfold.decorators import action, display

from crossmarket.foundation.desk import DayRangeFilter, ReadOnlyAdmin, go_to, link, question
from crossmarket.foundation.models import Job
from crossmarket.foundation.pretty import pretty_json
from recommend import ab_tests, ranker_training, shadows, tensorboard, training, versions
from recommend.admin import setting_words
from recommend.admin.model_page import context_of
from recommend.admin.training_form import ActivationForm, settings_form
from recommend.admin.trial_forms import ScheduleForm, ShadowForm, TryForm
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.algorithms.base import Algorithm, InvalidConfig
from recommend.algorithms.registry import ALGORITHMS
from recommend.models import ModelVersion, Role, Shadow, TrainingSchedule
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
        "seconds",
        "created_at",
    )
    list_filter = ("role", ("algorithm", AllValuesCheckboxFilter), "is_active", ("created_at", DayRangeFilter))
    list_filter_sheet = True
    ordering = ("-created_at",)
    fields = ("name", "role", "is_active", "activated_at", "learners", "courses", "interactions", "fit_seconds",
              "made_by", "started_from", "seed", "created_at", "readable_config", "readable_environment")  # fmt: skip
    readonly_fields = ("name", "made_by", "started_from", "readable_config", "readable_environment")
    actions_list = ("train", "search", "schedule", "roll_back", "roll_back_ranker")
    actions_detail = ("activate", "try_on_people", "shadow", "stop_shadow", "event_file")
    change_form_before_template = "admin/recommend/modelversion/figures.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one model, with its curves and figures."""
        version = self.get_object(request, object_id)
        told = context_of(version) if isinstance(version, ModelVersion) else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

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

    def has_stop_shadow_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Where one runs."""
        runs = object_id is None or Shadow.objects.filter(model=object_id, stopped_at=None).exists()
        return runs and self.has_choose_permission(request)

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

    @display(description=_("started from"))
    def started_from(self, version: ModelVersion) -> SafeString | None:
        """The model that it began with."""
        if version.parent is None:
            return None
        return link(reverse("admin:recommend_modelversion_change", args=[version.parent_id]), version.parent)

    @display(description=_("libraries"))
    def readable_environment(self, version: ModelVersion) -> SafeString:
        """What made it, by version."""
        return pretty_json(version.environment)

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
        try:
            versions.require_usable(version)
        except CorruptedArtifact as error:
            messages.error(request, str(error))
        else:
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

    @action(description=_("Search for settings"), icon="search")
    def search(self, request: HttpRequest) -> HttpResponse:
        """Go to what was found by searching."""
        return HttpResponseRedirect(reverse("admin:recommend_search_changelist"))

    @action(description=_("Schedule"), icon="schedule", permissions=["train"])
    def schedule(self, request: HttpRequest) -> HttpResponse:
        """Say when models are trained anew by themselves, and which."""
        form = ScheduleForm(request.POST or None, instance=TrainingSchedule.the_one())
        if form.is_valid():
            form.save()
            messages.success(request, _("The schedule was changed."))
            return HttpResponseRedirect(reverse("admin:recommend_modelversion_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Schedule of training"),
            "words": _("At this time of each day a model is trained anew on all that has happened. It takes over "
                       "unless it is worse than the one that answers, beyond chance."),
            "form": form,
            "submit": _("Save"),
            "back_url": reverse("admin:recommend_modelversion_changelist"),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommend/modelversion/ask.html", context)

    @action(
        description=_("Try on people"),
        icon="experiment",
        permissions=["choose"],
        dialog=question(
            _("Try this model on some people?"),
            _("An experiment begins: this share of people is answered by this model, the others by the one that "
              "answers now. Clicks and purchases count."),
            _("Begin"),
            TryForm,
        ),
    )  # fmt: skip
    def try_on_people(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Begin an experiment."""
        version = get_object_or_404(ModelVersion, pk=object_id)
        try:
            versions.require_usable(version)
            experiment = ab_tests.begin(version, form.cleaned_data["percent"], days=form.cleaned_data["days"])
        except (ab_tests.CannotTry, CorruptedArtifact) as reason:
            messages.error(request, str(reason))
            return go_to(request, reverse("admin:recommend_modelversion_change", args=[object_id]))
        messages.success(request, _("%(experiment)s runs.") % {"experiment": experiment})
        return go_to(request, reverse("admin:profiles_experiment_change", args=[experiment.pk]))

    @action(
        description=_("Run in the shadow"),
        icon="ev_shadow",
        permissions=["choose"],
        dialog=question(
            _("Let this model make lists that nobody is shown?"),
            _("For a share of all answers a worker makes its list afterwards and compares."),
            _("Begin"),
            ShadowForm,
        ),
    )
    def shadow(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Begin to compare its lists with those that are shown."""
        version = get_object_or_404(ModelVersion, pk=object_id)
        try:
            shadows.start(version, form.cleaned_data["percent"] / 100)
        except shadows.CannotShadow as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, _("%(model)s runs in the shadow.") % {"model": version})
        return go_to(request, reverse("admin:recommend_modelversion_change", args=[object_id]))

    @action(
        description=_("End the shadow"),
        icon="stop",
        permissions=["stop_shadow"],
        dialog=question(_("End the shadow?"), _("What was found out is kept."), _("End")),
    )
    def stop_shadow(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Make no more lists."""
        shadows.stop(get_object_or_404(ModelVersion, pk=object_id))
        return go_to(request, reverse("admin:recommend_modelversion_change", args=[object_id]))

    @action(description=_("File for TensorBoard"), icon="download")
    def event_file(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Its curves as TensorBoard reads them."""
        version = get_object_or_404(ModelVersion, pk=object_id)
        path = tensorboard.path_of(version)
        if not self.has_view_permission(request, version) or not default_storage.exists(path):
            raise Http404
        name = f"{version.algorithm}-v{version.number}.{tensorboard.FILE}"
        return FileResponse(default_storage.open(path), as_attachment=True, filename=name)


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
