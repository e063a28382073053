"""Searching for good settings, as a job: tries some, learns which to try next, and stops the hopeless early.

Each trial is trained twice: on a quarter of the people first, and only if it is no worse there than half of those
before it (Optuna's median rule), on all. It is judged by NDCG@10 on courses held out of what challengers are trained
on, never on those that champion and challenger are compared by later.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import msgspec
import numpy as np
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from recommend import training_data
from recommend.algorithms.base import EmptyDataset, InvalidConfig
from recommend.algorithms.registry import UnknownAlgorithm
from recommend.evaluation import answers_of
from recommend.models import Search
from recommend.recipe import Recipe
from recommend.search_space import Choice, Range, space_of
from recommend.split import Split
from recommend.storing import told_to_people
from recommend.training import LOADING

SEARCH = gettext_noop("recommend.search")
SEARCHING = gettext_noop("searching for settings")
K = 10
FIRST_SHARE = 0.25
"""The share of the people that a trial is trained on first."""
MOST_TRIALS = 200
BEFORE_PRUNING = 4
"""So many trials are always trained on everybody, before any is stopped early."""


class Trial(msgspec.Struct, frozen=True):
    """What was tried and how good it was. ndcg: on all, or of a stopped one on the first quarter; None if it failed."""

    number: int
    settings: dict[str, Any]
    state: Literal["done", "stopped", "failed"]
    ndcg: float | None
    seconds: float
    words: str = ""


class NothingToSearch(ValueError):
    """The algorithm has no settings worth trying."""


def enqueue_search(
    algorithm_name: str, settings: Mapping[str, object], trials: int = 20, to_worker: bool = True
) -> Search:
    """Put a search into the queue that begins from these settings; its job is `search.job`.

    Raises `UnknownAlgorithm`, `InvalidConfig`, or `NothingToSearch`, before anything is queued.
    """
    recipe = Recipe.of(algorithm_name, settings)
    if not space_of(recipe.kind.Config):
        raise NothingToSearch(f"{algorithm_name} has no settings that are worth a search.")
    search = Search.objects.create(
        algorithm=algorithm_name, begun_from=recipe.settings, trials_asked=max(1, min(trials, MOST_TRIALS))
    )
    search.job = jobs.enqueue(SEARCH, {"search_id": search.pk}, to_worker)
    search.save(update_fields=["job"])
    return search


@job_kind(SEARCH, is_long=True)
def search_settings(reporter: Reporter, /, search_id: int) -> Result:
    """Try settings one after the other, keeping what was found after each."""
    search = Search.objects.filter(pk=search_id).first()
    if search is None:
        raise JobFailed("This search was deleted.")
    try:
        recipe = Recipe.of(search.algorithm, search.begun_from)
    except (UnknownAlgorithm, InvalidConfig) as error:
        raise JobFailed(str(error)) from error
    with told_to_people():
        reporter(LOADING, 0, 1)
        split = _questions()
        reporter(LOADING, 1, 1)
        reporter.log(f"asking for {len(split)} courses held out of what models are trained on")
        searched = _Searched(search, recipe, split, reporter)
        searched.begin()
        searched.go_on()
    return {"algorithm": search.algorithm, "baseline": search.baseline, "best": search.best, "search_id": search.pk}


def job_of_best(search: Search) -> dict[str, Any]:
    """The settings to train with: the best found, or those it began from."""
    return dict(search.best_settings or search.begun_from)


def _questions() -> Split:
    """Held out of the training part, so that what models are compared by later stays unseen."""
    outer = training_data.hold_out(training_data.load().interactions)
    inner = training_data.hold_out(outer.interactions) if outer else None
    if inner is None or not len(inner.interactions):
        raise JobFailed("Nobody has three courses yet, so there is nothing to search with; record more events first.")
    return inner


class _Searched:
    """A search under way."""

    def __init__(self, search: Search, recipe: Recipe, split: Split, reporter: Reporter) -> None:
        self.search, self.recipe, self.split, self.reporter = search, recipe, split, reporter
        self.space = space_of(recipe.kind.Config)
        people = np.random.default_rng(0).random(split.interactions.n_users) < FIRST_SHARE
        self.first_part = split.interactions.where(people[split.interactions.users])

    def begin(self) -> None:
        """Measure the settings that it begins from."""
        self.search.questions = len(self.split)
        self.search.baseline = self._ndcg(self.recipe, is_first=False)
        self.search.save(update_fields=["questions", "baseline"])
        self.reporter.log(f"NDCG@{K} with the settings it begins from: {self.search.baseline:.4f}")

    def go_on(self) -> None:
        """Try as many as were asked for."""
        import optuna  # loads SQLAlchemy, which web processes do without

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=0),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=BEFORE_PRUNING),
        )
        study.optimize(self._objective, n_trials=self.search.trials_asked, catch=(EmptyDataset, FloatingPointError))

    def _objective(self, trial: Any) -> float:
        from optuna import TrialPruned

        started = time.perf_counter()
        settings = {each.name: _suggested(trial, each) for each in self.space}
        ndcg: float | None = None
        try:
            recipe = Recipe(self.recipe.kind, self.recipe.kind.configure({**self.recipe.settings, **settings}))
            ndcg = self._first_look(recipe)
            if ndcg is not None:
                trial.report(ndcg, 0)
                if trial.should_prune():
                    self._keep(Trial(trial.number, settings, "stopped", ndcg, time.perf_counter() - started))
                    raise TrialPruned
            ndcg = self._ndcg(recipe, is_first=False)
        except (EmptyDataset, FloatingPointError, InvalidConfig, MemoryError) as error:
            self._keep(Trial(trial.number, settings, "failed", None, time.perf_counter() - started, str(error)))
            raise FloatingPointError(str(error)) from error
        self._keep(Trial(trial.number, settings, "done", ndcg, time.perf_counter() - started))
        return ndcg

    def _first_look(self, recipe: Recipe) -> float | None:
        """How good it is trained on a part of the people; None where the part is too small."""
        with suppress(EmptyDataset):
            return self._ndcg(recipe, is_first=True)
        return None

    def _ndcg(self, recipe: Recipe, is_first: bool) -> float:
        known = self.first_part if is_first else self.split.interactions
        model = recipe.fitted(known, self._progress)
        return float(answers_of(model, self.split, K, self._progress).ndcg(K).mean())

    def _progress(self, step: str, done: int, total: int, metrics: dict[str, float]) -> None:
        """Each step of a training is a moment at which the search can be cancelled."""
        told = {} if self.search.best is None else {"best ndcg@10": self.search.best}
        self.reporter(SEARCHING, len(self.search.trials), self.search.trials_asked + 1, told)

    def _keep(self, trial: Trial) -> None:
        search = self.search
        search.trials.append(msgspec.to_builtins(trial))
        if trial.state == "done" and trial.ndcg is not None and (search.best is None or trial.ndcg > search.best):
            search.best, search.best_settings = trial.ndcg, {**self.recipe.settings, **trial.settings}
            self.reporter.log(f"trial {trial.number + 1}: NDCG@{K} {trial.ndcg:.4f} with {trial.settings}")
        search.save(update_fields=["trials", "best", "best_settings"])


def _suggested(trial: Any, each: Range | Choice) -> Any:
    if isinstance(each, Choice):
        return trial.suggest_categorical(each.name, each.values)
    if each.is_whole:
        return trial.suggest_int(each.name, int(each.low), int(each.high), log=each.is_logarithmic)
    return trial.suggest_float(each.name, each.low, each.high, log=each.is_logarithmic)
