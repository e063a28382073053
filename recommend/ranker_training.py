"""Training the ranker: from lists that were shown to a model version, as a job."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job
from profiles.models import ProfileModel
from profiles.profiling.building import BUILD
from recommend import model_store, ranking_data, versions
from recommend.algorithms.base import InvalidConfig
from recommend.evaluation.comparison import Difference, compare
from recommend.models import ModelVersion, Role
from recommend.promotion import Activation, Decision, Ground, Rival, decide
from recommend.ranking.measuring import Figures, figures_of
from recommend.ranking.ranker import Ranker
from recommend.ranking_data import TEST_SHARE, RankingData
from recommend.storing import store_version, told_to_people
from recommend.training import STORING, TRAIN

TRAIN_RANKER = gettext_noop("recommend.train_ranker")
LOADING = gettext_noop("loading lists that were shown")
FEWEST_INTERACTIONS = 1_000
"""With fewer events, no ranker is trained unless somebody asks for it."""
ALONE = gettext_noop("the first stage alone")
FIGURES = (
    gettext_noop("shown_lists"),
    gettext_noop("first_stage_ndcg@10"),
    gettext_noop("click_log_loss"),
    gettext_noop("click_auc"),
    gettext_noop("click_calibration_error"),
    gettext_noop("purchase_log_loss"),
    gettext_noop("purchase_auc"),
    gettext_noop("purchase_calibration_error"),
    gettext_noop("completion_log_loss"),
    gettext_noop("completion_auc"),
    gettext_noop("completion_calibration_error"),
)
"""What a version's figures are called, besides those that all models have."""


def enqueue_ranker_training(
    settings: Mapping[str, object] | None = None,
    activation: Activation = Activation.IF_NO_WORSE,
    to_worker: bool = True,
) -> Job:
    """Put a training of the ranker into the queue, or (not `to_worker`) leave it to the caller to run.

    Raises `InvalidConfig` before anything is queued.
    """
    config = Ranker.configure(settings or {})
    arguments = {"settings": msgspec.to_builtins(config), "activation": str(activation)}
    return jobs.enqueue(TRAIN_RANKER, arguments, to_worker)


@job_kind(TRAIN_RANKER, is_long=True)
def train_ranker(reporter: Reporter, /, settings: dict[str, Any], activation: str) -> Result:
    """Load, measure beside the first stage alone on the latest lists, train on all, store, and activate as asked."""
    try:
        config = Ranker.configure(settings)
    except InvalidConfig as error:
        raise JobFailed(str(error)) from error
    with told_to_people():
        reporter(LOADING, 0, 1)
        first_stage, before = ModelVersion.objects.active(), ModelVersion.objects.active(Role.RANKER)
        data = ranking_data.load(reporter)
        reporter.log(
            f"{len(data.examples)} lists with {len(data.examples.numbers)} courses for {data.accounts} accounts, "
            f"{data.shown} of them shown, the others made up of what people did by themselves"
        )
        figures = _measured(config, data, reporter)
        rival = _rival(before, config, data, figures, reporter)
        started = time.perf_counter()
        ranker = Ranker(config).fit(data.examples, data.background, reporter)
        fit_seconds = time.perf_counter() - started
        reporter(STORING, 0, 1)
        version = _store(ranker, data, figures, fit_seconds, reporter.job, first_stage)
        reporter(STORING, 1, 1)
    _settle(version, _decided(data, figures, Activation(activation), rival), reporter)
    if dropped := versions.drop_old(version.algorithm):
        reporter.log(f"threw away {dropped} old rankers")
    return {"model": str(version), "model_id": str(version.pk), "active": version.is_active, **version.metrics}


def follow_first_stage() -> Job | None:
    """Train anew once the model that finds courses, or the profiles, are others than at the last training.

    None where there is no need, or where something that it will need is just being made.
    """
    active = ModelVersion.objects.active()
    if active is None or active.activated_at is None or active.interactions < FEWEST_INTERACTIONS:
        return None
    if Job.objects.open().filter(kind__in=(TRAIN, BUILD, TRAIN_RANKER)).exists():
        return None
    profiles = ProfileModel.objects.current()
    built_at = profiles.completed_at if profiles and profiles.completed_at else active.activated_at
    trained = ModelVersion.objects.filter(role=Role.RANKER, first_stage=active, created_at__gte=built_at)
    if (
        trained.exists()
        or Job.objects.filter(kind=TRAIN_RANKER, created_at__gte=max(active.activated_at, built_at)).exists()
    ):
        return None
    ranker = ModelVersion.objects.filter(role=Role.RANKER, activated_at__isnull=False).order_by("-activated_at").first()
    return enqueue_ranker_training(ranker.config if ranker else None)


def _measured(config: Any, data: RankingData, reporter: Reporter) -> Figures | None:
    """What a ranker that has not seen the latest lists makes of them; None where there is too little."""
    earlier, _later = data.examples.parted(TEST_SHARE)
    clicks = earlier.came[earlier.is_known[:, 0], 0] if len(earlier) else earlier.came[:, 0]
    if not len(clicks) or clicks.min() == clicks.max():
        reporter.log("too little was chosen yet to measure anything")
        return None
    figures = figures_of(Ranker(config).fit(earlier, data.background, reporter), data.questions)
    if figures is None:
        reporter.log("nothing came of the latest lists, so there is nothing to measure on")
    return figures


@dataclass(frozen=True)
class _Before:
    """The ranker that orders lists now, with other settings: what these make of the same lists, trained as late."""

    version: ModelVersion
    figures: Figures


def _rival(
    before: ModelVersion | None, config: Any, data: RankingData, figures: Figures | None, reporter: Reporter
) -> _Before | None:
    """None where no other settings order lists now, or nothing can be measured.

    With the same settings only the data are fresher, and the first stage alone is what there is to beat.
    """
    if before is None or figures is None:
        return None
    try:
        settings = Ranker.configure(before.config)
    except InvalidConfig:
        return None
    if settings == config:
        return None
    theirs = _measured(settings, data, reporter)
    return _Before(before, theirs) if theirs is not None else None


def _store(
    ranker: Ranker,
    data: RankingData,
    figures: Figures | None,
    fit_seconds: float,
    job: Job,
    first_stage: ModelVersion | None,
) -> ModelVersion:
    settings = msgspec.to_builtins(ranker.config)
    return store_version(
        partial(model_store.save_ranker, ranker=ranker),
        Ranker.name,
        role=Role.RANKER,
        first_stage=first_stage,
        config=settings,
        metrics=_metrics(figures, data),
        loss_curve=msgspec.to_builtins(ranker.loss_curve),
        seed=settings["seed"],
        learners=data.accounts,
        courses=len(data.background.known),
        interactions=len(data.examples.numbers),
        fit_seconds=round(fit_seconds, 3),
        job=job,
    )


def _metrics(figures: Figures | None, data: RankingData) -> Result:
    found: Result = {"shown_lists": data.shown}
    if figures is None:
        return found
    ndcg, first = float(figures.ndcg.mean()), float(figures.first_stage.mean())
    found |= {"ndcg@10": round(ndcg, 4), "first_stage_ndcg@10": round(first, 4), "questions": len(figures.lists)}
    for name, judged in figures.heads.items():
        found[f"{name}_log_loss"] = round(judged.log_loss, 4)
        if judged.auc is not None:
            found[f"{name}_auc"] = round(judged.auc, 4)
        found[f"{name}_calibration_error"] = round(judged.calibration_error, 4)
    return found


def _settle(version: ModelVersion, decision: Decision, reporter: Reporter) -> None:
    """Let the ranker order lists or rest, and say why."""
    version.decision = msgspec.to_builtins(decision)
    version.save(update_fields=["decision"])
    if decision.takes_over and version.first_stage_id != _active_id():
        reporter.log("another model finds courses by now, whose lists it has not learned to order")
    elif decision.takes_over:
        versions.activate(version)
    reporter.log(f"stored as {version}" + (", active now" if version.is_active else ", not activated"))
    reporter.log(decision.line())


def _active_id() -> UUID | None:
    active = ModelVersion.objects.active()
    return active.pk if active else None


def _decided(data: RankingData, figures: Figures | None, activation: Activation, before: _Before | None) -> Decision:
    """Beside the first stage's own order, which is what there is without a ranker, and beside the ranker of now."""
    alone = _beside_first_stage(data, figures, activation)
    if figures is None or before is None or not alone.takes_over:
        return alone
    asked = data.askers[figures.lists]
    difference = compare(figures.ndcg, before.figures.ndcg, asked)
    rival = Rival(str(before.version), has_same_recipe=False, mean=float(before.figures.ndcg.mean()))
    return decide(activation, rival, difference)


def _beside_first_stage(data: RankingData, figures: Figures | None, activation: Activation) -> Decision:
    difference: Difference | None = None
    mean = None
    if figures is not None:
        difference = compare(figures.ndcg, figures.first_stage, data.askers[figures.lists])
        mean = float(figures.first_stage.mean())
        if activation is Activation.IF_NO_WORSE and difference.difference >= 0:
            # The lists asked about are few and noisy; that of two orders the better one is used is right on average.
            return Decision(True, Ground.NO_WORSE, ALONE, difference)
    return decide(activation, Rival(ALONE, has_same_recipe=False, mean=mean), difference)
