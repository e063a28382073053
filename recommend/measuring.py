"""Measuring a recipe before its model is made, beside the model that answers now."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from crossmarket.foundation.jobs import Reporter
from profiles.models import SegmentMember
from recommend import training_data
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.algorithms.base import Algorithm, EmptyDataset
from recommend.algorithms.interactions import Int32Array
from recommend.evaluation import (
    Answers,
    Difference,
    Labels,
    Report,
    SliceDifference,
    answers_of,
    compare,
    differences_by_slice,
    report_of,
)
from recommend.evaluation.slices import SEGMENT
from recommend.models import ModelVersion
from recommend.promotion import Rival
from recommend.recipe import Earlier, Recipe
from recommend.split import Split
from recommend.training_data import TrainingData

PLACES = 50
"""How long the lists are that are measured: as long as one can ask for."""
K = 10
FEWEST_NEWS = 100
"""So many people must have met a course since the champion was trained, for it to be asked about those courses."""


class Comparison(msgspec.Struct, frozen=True):
    """How a recipe did beside the model that answers now. ndcg, recall: challenger minus champion, at 10.

    is_refitted: whether the champion's recipe was trained anew for it, or the champion was asked as it stands.
    """

    champion: str
    champion_id: str
    is_refitted: bool
    ndcg: Difference
    recall: Difference
    report: Report
    slices: list[SliceDifference]


@dataclass(frozen=True)
class Compaction:
    """What being compact costs, and what it saves: NDCG of the whole model at 10, and the bytes of both."""

    whole_ndcg: float
    whole_bytes: int
    compact_bytes: int


@dataclass(frozen=True)
class Weighed:
    """What is known of a recipe: its report (None where there is too little to ask) and its rival.

    compaction: where the models of the recipe are made compact.
    """

    report: Report | None = None
    rival: Rival | None = None
    comparison: Comparison | None = None
    compaction: Compaction | None = None

    @property
    def metrics(self) -> dict[str, float]:
        """Its figures by name."""
        if self.report is None:
            return {}
        figures = {name: round(value, 4) for name, value in self.report.headline().items()}
        figures["questions"] = self.report.questions
        if self.compaction is not None:
            figures["whole_ndcg@10"] = round(self.compaction.whole_ndcg, 4)
            figures["share_of_bytes"] = round(self.compaction.compact_bytes / self.compaction.whole_bytes, 4)
        return figures


def weigh(
    recipe: Recipe, data: TrainingData, champion: ModelVersion | None, start: Earlier | None, reporter: Reporter
) -> Weighed:
    """Train the recipe on a part and ask it for the rest, beside the champion (see `recommend.promotion`).

    start: what the model to be made will start from; it takes part in the measuring where it cannot have seen the
    answers. Raises what `Algorithm.fit` raises.
    """
    standing = _standing(champion, data, reporter) if champion else None
    has_same_recipe = champion is not None and recipe.makes(champion)
    rival = Rival(str(champion), has_same_recipe, standing is not None) if champion else None
    news = _news(data, standing, start) if has_same_recipe else None
    split = news or training_data.hold_out(data.interactions)
    if split is None or not len(split.interactions):
        reporter.log("nobody has two courses yet, so there is nothing to measure on")
        return Weighed(rival=rival)
    try:
        whole = recipe.whole(split.interactions, reporter, start if news else None)
    except EmptyDataset as error:
        reporter.log(f"without what is held out there is too little to learn from: {error}")
        return Weighed(rival=rival)
    context = _Context(split, data, reporter)
    model = whole.in_form()
    answers, report = context.asked(model)
    _log(report, bool(news), reporter)
    compaction = None if model is whole else _compaction(whole, model, context)
    weighed = Weighed(report, rival, compaction=compaction)
    if champion is None or standing is None or (has_same_recipe and news is None):
        return weighed
    return _beside(weighed, answers, champion, standing, bool(news), context)


def _beside(
    weighed: Weighed, answers: Answers, champion: ModelVersion, standing: Earlier, is_news: bool, context: "_Context"
) -> Weighed:
    """The same with the champion's answers: its own to what is news, else those of its recipe trained anew."""
    try:
        rival_model = (
            standing if is_news else Recipe.of_version(champion).fitted(context.split.interactions, context.reporter)
        )
    except (CorruptedArtifact, EmptyDataset, FloatingPointError) as error:
        context.reporter.log(f"{champion} cannot be compared with: {error}")
        return weighed
    theirs, their_report = context.asked(rival_model)
    people = context.split.people
    comparison = Comparison(
        champion=str(champion),
        champion_id=str(champion.pk),
        is_refitted=not is_news,
        ndcg=compare(answers.ndcg(K), theirs.ndcg(K), people),
        recall=compare(answers.recall(K), theirs.recall(K), people),
        report=msgspec.structs.replace(their_report, slices=[]),
        slices=differences_by_slice(answers, theirs, context.split, context.segments),
    )
    rival = Rival(str(champion), is_news, True, their_report.ndcg[K])
    return replace(weighed, rival=rival, comparison=comparison)


def _compaction(whole: Algorithm[Any], compact: Algorithm[Any], context: "_Context") -> Compaction:
    _answers, report = context.asked(whole)
    sizes = [sum(array.nbytes for array in model.arrays().values()) for model in (whole, compact)]
    compaction = Compaction(report.ndcg[K], *sizes)
    context.reporter.log(
        f"made compact: {sizes[1] / sizes[0]:.1%} of the bytes; the whole model has NDCG@{K} {report.ndcg[K]:.4f}"
    )
    return compaction


class _Context:
    """What all answers to the same questions are measured by."""

    def __init__(self, split: Split, data: TrainingData, reporter: Reporter) -> None:
        self.split, self.reporter = split, reporter
        self.categories = categories_of(data)
        self.segments = segments_of(data, split)

    def asked(self, model: Any) -> tuple[Answers, Report]:
        """A model's answers and their report."""
        answers = answers_of(model, self.split, PLACES, self.reporter)
        return answers, report_of(answers, self.split, self.categories, self.segments)


def categories_of(data: TrainingData) -> Int32Array:
    """The category of each column as a number, int32 (n_items,), -1 where it has none."""
    known = data.interactions.descriptions
    if known is None:
        return np.full(data.interactions.n_items, -1, np.int32)
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(name, len(numbers)) if name else -1 for name in known.categories]
    return np.array(found, dtype=np.int32)


def segments_of(data: TrainingData, split: Split) -> list[Labels]:
    """Which questions are of people of each segment, as far as their accounts agree to be profiled now."""
    is_asked = np.isin(data.learners, split.people)
    learner_of = dict(zip(data.account_ids[is_asked].tolist(), data.learners[is_asked].tolist(), strict=True))
    members = SegmentMember.objects.standing().filter(segment__is_active=True, account__in=list(learner_of))
    learners: dict[str, set[int]] = {}
    for key, account in members.values_list("segment__key", "account_id"):
        learners.setdefault(key, set()).add(learner_of[account])
    return [Labels(SEGMENT, key, np.isin(split.people, list(learners[key]))) for key in sorted(learners)]


def _standing(champion: ModelVersion, data: TrainingData, reporter: Reporter) -> Earlier | None:
    try:
        return Earlier.load(champion, data.course_ids)
    except CorruptedArtifact as error:
        reporter.log(f"the model that answers now cannot be read: {error}")
        return None


def _news(data: TrainingData, standing: Earlier | None, start: Earlier | None) -> Split | None:
    """What happened after the champion was trained, and after the start was; None where it is too little to ask."""
    if standing is None:
        return None
    moments = [_last_known(each.version) for each in (standing, start) if each is not None]
    known = [moment for moment in moments if moment is not None]
    if len(known) < len(moments):
        return None
    split = training_data.hold_out(data.interactions, after=max(known))
    return split if split and len(split) >= FEWEST_NEWS and len(split.interactions) else None


def _last_known(version: ModelVersion) -> datetime | None:
    """The moment of the latest event that the model learned from; None for models of before that was noted."""
    last = version.snapshot.get("last")
    return datetime.fromisoformat(last) if last else None


def _log(report: Report, is_news: bool, reporter: Reporter) -> None:
    figures = ", ".join(f"{name} {value:.4f}" for name, value in report.headline().items())
    what = "courses met since the last training" if is_news else "held-out courses"
    reporter.log(f"on {report.questions} {what}: {figures}")
