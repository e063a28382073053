"""Training: from consented events to a model version, as a job."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job
from recommend import measuring, model_store, segment_tastes, tensorboard, training_data, versions
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.algorithms.base import Algorithm, InvalidConfig
from recommend.algorithms.interactions import Int64Array
from recommend.algorithms.registry import UnknownAlgorithm
from recommend.measuring import Weighed
from recommend.models import ModelVersion
from recommend.promotion import Activation, decide
from recommend.recipe import Earlier, Recipe
from recommend.storing import store_version, told_to_people
from recommend.training_data import TrainingData

__all__ = ["TRAIN", "Activation", "enqueue_training", "train"]

TRAIN = gettext_noop("recommend.train")
LOADING = gettext_noop("loading events")
STORING = gettext_noop("storing the model")


def enqueue_training(
    algorithm_name: str,
    settings: Mapping[str, object],
    activation: Activation = Activation.IF_BETTER,
    to_worker: bool = True,
    warm_start: bool = False,
) -> Job:
    """Put a training into the queue, or (not `to_worker`) leave it to the caller to run.

    warm_start: begin with what the latest model of the same algorithm has learned, where there is one that fits.
    Raises `UnknownAlgorithm` or `InvalidConfig` before anything is queued.
    """
    recipe = Recipe.of(algorithm_name, settings)
    arguments = {
        "algorithm_name": algorithm_name,
        "settings": recipe.settings,
        "activation": str(activation),
        "warm_start": warm_start,
    }
    return jobs.enqueue(TRAIN, arguments, to_worker)


@job_kind(TRAIN, is_long=True)
def train(
    reporter: Reporter,
    /,
    algorithm_name: str,
    settings: dict[str, Any],
    activation: str,
    warm_start: bool = False,
) -> Result:
    """Load, measure the recipe beside the model that answers, train on all, store, and activate as asked."""
    try:
        recipe = Recipe.of(algorithm_name, settings)
    except (UnknownAlgorithm, InvalidConfig) as error:
        raise JobFailed(str(error)) from error
    with told_to_people():
        data = _loaded(reporter)
        start = _start(recipe, data.course_ids, reporter) if warm_start else None
        champion = ModelVersion.objects.active()
        weighed = measuring.weigh(recipe, data, champion, start, reporter)
        started = time.perf_counter()
        model = recipe.fitted(data.interactions, reporter, start)
        fit_seconds = time.perf_counter() - started
        reporter.log(f"trained in {fit_seconds:.1f} s")
        reporter(STORING, 0, 1)
        version = _store(model, data, weighed, start, fit_seconds, reporter.job)
        reporter(STORING, 1, 1)
    _note_for_tensorboard(version, reporter)
    if tastes := segment_tastes.learn():
        reporter.log(f"counted {tastes} tastes of segments")
    _settle(version, champion, weighed, Activation(activation), reporter)
    if dropped := versions.drop_old(version.algorithm):
        reporter.log(f"threw away {dropped} old models of {version.algorithm}")
    return {"model": str(version), "model_id": str(version.pk), "active": version.is_active, **weighed.metrics}


def _loaded(reporter: Reporter) -> TrainingData:
    reporter(LOADING, 0, 1)
    data = training_data.load()
    reporter(LOADING, 1, 1)
    interactions = data.interactions
    reporter.log(
        f"{len(interactions)} interactions of {interactions.n_users} learners with {interactions.n_items} courses"
    )
    return data


def _start(recipe: Recipe, course_ids: Int64Array, reporter: Reporter) -> Earlier | None:
    """The latest model of the same algorithm, if there is one and it can be read."""
    latest = ModelVersion.objects.filter(algorithm=recipe.kind.name).order_by("-number").first()
    if latest is None:
        return None
    try:
        start = Earlier.load(latest, course_ids)
    except CorruptedArtifact as error:
        reporter.log(f"begun anew, for the model before cannot be read: {error}")
        return None
    if not (start.columns >= 0).any():
        reporter.log(f"begun anew, for {latest} knows none of the courses")
        return None
    reporter.log(f"begun from {latest}, which has {int((start.columns >= 0).sum())} of the courses")
    return start


def _store(
    model: Algorithm[Any], data: TrainingData, weighed: Weighed, start: Earlier | None, fit_seconds: float, job: Job
) -> ModelVersion:
    settings = msgspec.to_builtins(model.config)
    return store_version(
        partial(model_store.save, model=model, course_ids=data.course_ids, met=data.interactions.met),
        model.name,
        config=settings,
        metrics=weighed.metrics,
        report=_told(weighed.report),
        comparison=_told(weighed.comparison),
        loss_curve=msgspec.to_builtins(model.loss_curve),
        snapshot=_told(data.snapshot),
        seed=settings.get("seed"),
        parent=start.version if start else None,
        learners=data.interactions.n_users,
        courses=data.interactions.n_items,
        interactions=len(data.interactions),
        fit_seconds=round(fit_seconds, 3),
        job=job,
    )


def _note_for_tensorboard(version: ModelVersion, reporter: Reporter) -> None:
    """Write its event file; the model is stored already, so without room for that it goes on."""
    try:
        tensorboard.write(version)
    except OSError as error:
        reporter.log(f"no file for TensorBoard: {error}")


def _told(struct: msgspec.Struct | None) -> dict[str, Any]:
    return {} if struct is None else dict(msgspec.to_builtins(struct, str_keys=True))


def _settle(
    version: ModelVersion, champion: ModelVersion | None, weighed: Weighed, activation: Activation, reporter: Reporter
) -> None:
    """Let the model answer or rest, and say why; who was put in the champion's place meanwhile stays."""
    decision = decide(activation, weighed.rival, weighed.comparison.ndcg if weighed.comparison else None)
    version.decision = msgspec.to_builtins(decision)
    version.save(update_fields=["decision"])
    if decision.takes_over:
        try:
            if activation is Activation.ALWAYS:
                versions.activate(version)
            else:
                versions.take_over(version, champion)
        except versions.AnotherAnswers as error:
            reporter.log(str(error))
    reporter.log(f"stored as {version}" + (", active now" if version.is_active else ", not activated"))
    reporter.log(decision.line())
