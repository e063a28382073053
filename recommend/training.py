"""Training: from consented events to a model version, as a job."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import models, transaction
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.locks import one_at_a_time
from crossmarket.foundation.models import Job
from recommend import model_store, training_data, versions
from recommend.algorithms.base import Algorithm, EmptyDataset, InvalidConfig
from recommend.algorithms.registry import UnknownAlgorithm, algorithm
from recommend.evaluation import accuracy_of
from recommend.models import ModelVersion
from recommend.training_data import TrainingData

TRAIN = gettext_noop("recommend.train")
LOADING = gettext_noop("loading events")
STORING = gettext_noop("storing the model")
DECIDING_METRIC = "ndcg@10"
NUMBERING = "numbering models"


class Activation(models.TextChoices):
    """When a freshly trained model is to answer."""

    IF_BETTER = "if_better"
    ALWAYS = "always"
    NEVER = "never"


def enqueue_training(
    algorithm_name: str,
    settings: Mapping[str, object],
    activation: Activation = Activation.IF_BETTER,
    to_worker: bool = True,
) -> Job:
    """Put a training into the queue, or (not `to_worker`) leave it to the caller to run.

    Raises `UnknownAlgorithm` or `InvalidConfig` before anything is queued.
    """
    config = algorithm(algorithm_name).configure(settings)
    arguments = {
        "algorithm_name": algorithm_name,
        "settings": msgspec.to_builtins(config),
        "activation": str(activation),
    }
    return jobs.enqueue(TRAIN, arguments, to_worker)


@job_kind(TRAIN)
def train(reporter: Reporter, /, algorithm_name: str, settings: dict[str, Any], activation: str) -> Result:
    """Load, train on a part and measure on the rest, train on all, store, and activate as asked."""
    try:
        kind = algorithm(algorithm_name)
        kind.configure(settings)
    except (UnknownAlgorithm, InvalidConfig) as error:
        raise JobFailed(str(error)) from error
    reporter(LOADING, 0, 1)
    data = training_data.load()
    reporter(LOADING, 1, 1)
    interactions = data.interactions
    reporter.log(
        f"{len(interactions)} interactions of {interactions.n_users} learners with {interactions.n_items} courses"
    )
    try:
        metrics = _measured(kind, settings, data, reporter)
        started = time.perf_counter()
        model = kind(kind.configure(settings)).trained(interactions, reporter)
    except (EmptyDataset, FloatingPointError) as error:
        raise JobFailed(str(error)) from error
    fit_seconds = time.perf_counter() - started
    reporter.log(f"trained in {fit_seconds:.1f} s")
    reporter(STORING, 0, 1)
    version = _store(model, data, metrics, fit_seconds, reporter.job)
    reporter(STORING, 1, 1)
    is_active = _activate_as_asked(version, Activation(activation))
    reporter.log(f"stored as {version}" + (", active now" if is_active else ", not activated"))
    if dropped := versions.drop_old(version.algorithm):
        reporter.log(f"threw away {dropped} old models of {version.algorithm}")
    return {"model": str(version), "model_id": str(version.pk), "active": is_active, **metrics}


def _measured(kind: type[Algorithm[Any]], settings: dict[str, Any], data: TrainingData, reporter: Reporter) -> Result:
    """Recall and NDCG on each learner's latest course, unseen in training; nothing where there is too little."""
    split = training_data.hold_out(data)
    if split is None or not len(split.interactions):
        reporter.log("nobody has two courses yet, so there is nothing to measure on")
        return {}
    accuracy = accuracy_of(kind(kind.configure(settings)).trained(split.interactions, reporter), split, reporter)
    metrics = {f"recall@{k}": round(value, 4) for k, value in accuracy.recall.items()}
    metrics |= {f"ndcg@{k}": round(value, 4) for k, value in accuracy.ndcg.items()}
    reporter.log(
        f"on {len(split)} held-out courses: " + ", ".join(f"{name} {value}" for name, value in metrics.items())
    )
    return {**metrics, "questions": len(split)}


def _store(model: Algorithm[Any], data: TrainingData, metrics: Result, fit_seconds: float, job: Job) -> ModelVersion:
    version_id = uuid.uuid4()
    model_store.save(version_id, model, data.course_ids)
    with transaction.atomic():
        one_at_a_time(NUMBERING)
        latest = ModelVersion.objects.filter(algorithm=model.name).aggregate(models.Max("number"))["number__max"]
        return ModelVersion.objects.create(
            id=version_id,
            algorithm=model.name,
            number=(latest or 0) + 1,
            config=msgspec.to_builtins(model.config),
            metrics=metrics,
            loss_curve=msgspec.to_builtins(model.loss_curve),
            learners=data.interactions.n_users,
            courses=data.interactions.n_items,
            interactions=len(data.interactions),
            fit_seconds=round(fit_seconds, 3),
            job=job,
        )


def _activate_as_asked(version: ModelVersion, activation: Activation) -> bool:
    active = ModelVersion.objects.active()
    if activation is Activation.NEVER:
        return False
    if activation is Activation.IF_BETTER and active is not None:
        old, new = active.metrics.get(DECIDING_METRIC, 0.0), version.metrics.get(DECIDING_METRIC, 0.0)
        if new < old:
            return False
    versions.activate(version)
    return True


def enqueue_again() -> Job | None:
    """Train what is active now once more with the same settings; None when no model was ever trained."""
    active = ModelVersion.objects.active()
    return enqueue_training(active.algorithm, active.config, Activation.ALWAYS) if active else None
