"""A profile model: what is learned from everybody, so that each person's traits and vector can be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from profiles.modeling import drift, hours, prices, tastes, vectors
from profiles.modeling.columns import DAY, Floats
from profiles.modeling.features import Features
from profiles.modeling.latent_classes import LatentClasses
from profiles.modeling.tastes import TasteAxes

Arrays = dict[str, npt.NDArray[Any]]
QUANTILES = 100
"""Amounts are ranked by so many steps."""
CATEGORIES_IN_VECTOR = 24
SCORES = 5
FORMAT = 3
"""Of stored models; another number means that their arrays fit other features."""


class Words(msgspec.Struct, frozen=True):
    """The words of a model, stored beside its arrays; `features` are the names of the vector's features."""

    categories: list[str]
    topics: list[str]
    currency: str
    features: list[str]
    format: int = FORMAT


@dataclass(frozen=True)
class ProfileModel:
    """Fitted on the features of many persons.

    course_ids: (courses,), ascending, with `course_topics` (courses, topics) beside it. edges: of the price bins.
    spent: the amounts at `QUANTILES` steps. recency, frequency, monetary: the four values between five scores.
    habits, tiers: classes of hours and of spending. axes: of tastes. pipeline: from the feature matrix to vectors.
    """

    words: Words
    course_ids: npt.NDArray[np.int64]
    course_topics: Floats
    edges: Floats
    spent: Floats
    recency: Floats
    frequency: Floats
    monetary: Floats
    habits: LatentClasses
    tiers: LatentClasses
    axes: TasteAxes
    pipeline: Pipeline

    def vectors(self, features: Features, now: float) -> Floats:
        """The profile vectors of these persons, shape (persons, dimensions)."""
        usual = float(self.pipeline["standardise"].mean_[self.words.features.index("liked_price")])
        columns, _names = feature_matrix(features, self.words, self.tiers, self.axes, now, usual)
        return self.pipeline.transform(columns)

    def tastes(self, features: Features) -> Floats:
        """The tastes of these persons, shape (persons, dimensions); rows of 0 for those of whom none is known."""
        return self.axes.along(features.topics)

    def percentile(self, spent: Floats) -> Floats:
        """The share of members who spent less than these amounts, those who spent as much counted half."""
        below, up_to = (np.searchsorted(self.spent, spent, side=side) for side in ("left", "right"))
        return (below + up_to) / 2 / max(len(self.spent), 1)


def fit(features: Features, words: Words, course_ids: npt.NDArray[np.int64], course_topics: Floats, edges: Floats,
        now: float) -> ProfileModel:  # fmt: skip
    """Learn from the features of many persons. Raises ValueError for nobody."""
    if not len(features):
        raise ValueError("There is nobody to learn profiles from.")
    tiers = prices.fit_tiers(features.price_cells, edges)
    axes = tastes.fit_axes(features.topics)
    matrix, names = feature_matrix(features, words, tiers, axes, now)
    seen = np.isfinite(features.last)
    buyers = features.orders > 0
    return ProfileModel(
        words=msgspec.structs.replace(words, features=names),
        course_ids=course_ids,
        course_topics=course_topics,
        edges=edges,
        spent=np.quantile(features.spent, (np.arange(QUANTILES) + 0.5) / QUANTILES),
        recency=_fifths((now - features.last[seen]) / DAY),
        frequency=_fifths(features.active_days[seen]),
        monetary=_fifths(features.spent[buyers]),
        habits=hours.fit_habits(features.visits),
        tiers=tiers,
        axes=axes,
        pipeline=vectors.fit_pipeline(matrix),
    )


def feature_matrix(
    features: Features,
    words: Words,
    tiers: LatentClasses,
    axes: TasteAxes,
    now: float,
    usual_price: float | None = None,
) -> tuple[Floats, list[str]]:
    """The features that vectors are made of, shape (persons, features), with their names; unknown ones are 0.

    usual_price: what stands for a liked price that is unknown; None for the mean of these persons.
    """
    named = scalar_features(features, now)
    if usual_price is not None:
        named["liked_price"] = np.nan_to_num(features.liked_price, nan=usual_price)
    tier = tiers.membership(features.price_cells) @ np.linspace(-1.0, 1.0, len(tiers))
    share_by_part = _shares_of_dayparts(features.visits)
    categories = words.categories[:CATEGORIES_IN_VECTOR]
    taste = axes.along(features.topics)
    columns = [*named.values(), tier, *share_by_part.T, *np.sqrt(features.categories[:, : len(categories)]).T, *taste.T]
    names = [*named, "tier", *(f"hours:{part}" for part in hours.DAYPARTS)]
    names += [*(f"category:{name}" for name in categories), *(f"taste:{axis}" for axis in range(taste.shape[1]))]
    return np.nan_to_num(np.stack(columns, axis=1)), names


def scalar_features(features: Features, now: float) -> dict[str, Floats]:
    """The features that mean the same in every model, by which drift is measured."""
    visits = features.visits.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        weekend = features.visits[:, 5:].sum(axis=(1, 2)) / visits
    return {
        "events": np.log1p(features.events),
        "active_days": np.log1p(features.active_days),
        "recency": np.log1p(np.clip(now - features.last, 0.0, None) / DAY),
        "orders": np.log1p(features.orders),
        "spent": np.log1p(features.spent.clip(min=0.0)),
        "liked_price": np.where(
            np.isfinite(features.liked_price), features.liked_price, np.nanmean(features.liked_price)
        )
        if np.isfinite(features.liked_price).any()
        else np.zeros(len(features)),
        "free_share": features.free_share,
        "price_gap": features.price_gap,
        "completion": features.completion,
        "breadth": features.breadth,
        "trust": features.trust,
        "platforms": (features.platforms > 0).sum(axis=1).astype(np.float64),
        "weekend": weekend,
    }


def score(value: float, between: Floats, descending: bool = False) -> int | None:
    """1 to 5 for a value among the four values between the fifths of the members; None where there are none."""
    if not len(between) or not np.isfinite(value):
        return None
    above = int(np.searchsorted(between, value, side="left" if descending else "right"))
    return SCORES - above if descending else above + 1


def arrays_of(model: ProfileModel) -> Arrays:
    """All numbers of a model by name."""
    return {
        "course_ids": model.course_ids,
        "course_topics": model.course_topics,
        "edges": model.edges,
        "spent": model.spent,
        "recency": model.recency,
        "frequency": model.frequency,
        "monetary": model.monetary,
        **_class_arrays("habits", model.habits),
        **_class_arrays("tiers", model.tiers),
        "taste_centre": model.axes.centre,
        "taste_components": model.axes.components,
        **{f"pipeline_{name}": array for name, array in vectors.arrays_of(model.pipeline).items()},
    }


def model_from(words: Words, arrays: Mapping[str, npt.NDArray[Any]]) -> ProfileModel:
    """The model of these words and numbers. Raises `KeyError` when an array is missing."""
    plain = ("course_ids", "course_topics", "edges", "spent", "recency", "frequency", "monetary")
    learned = {name.removeprefix("pipeline_"): array for name, array in arrays.items() if name.startswith("pipeline_")}
    return ProfileModel(
        words=words,
        habits=_classes(arrays, "habits"),
        tiers=_classes(arrays, "tiers"),
        axes=TasteAxes(arrays["taste_centre"], arrays["taste_components"]),
        pipeline=vectors.pipeline_from(learned),
        **{name: arrays[name] for name in plain},
    )


def baseline(features: Features, now: float) -> dict[str, tuple[list[float], list[float]]]:
    """How the members are spread over each feature now, for the drift of a later model: edges and shares."""
    spread = {}
    for name, values in scalar_features(features, now).items():
        edges = drift.deciles(values)
        spread[name] = (edges, drift.shares(values, edges))
    return spread


def _shares_of_dayparts(visits: Floats) -> Floats:
    by_hour = visits.sum(axis=1)
    belongs = hours.DAYPART_OF_HOUR[:, None] == np.arange(len(hours.DAYPARTS))[None, :]
    total = by_hour.sum(axis=1, keepdims=True)
    return np.divide(by_hour @ belongs, total, out=np.zeros((len(visits), belongs.shape[1])), where=total > 0)


def _fifths(values: Floats) -> Floats:
    return np.quantile(values, np.arange(1, SCORES) / SCORES) if len(values) else np.zeros(0)


def _class_arrays(name: str, classes: LatentClasses) -> Arrays:
    return {f"{name}_weights": classes.weights, f"{name}_chances": classes.chances, f"{name}_blocks": classes.blocks}


def _classes(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> LatentClasses:
    return LatentClasses(arrays[f"{name}_weights"], arrays[f"{name}_chances"], arrays[f"{name}_blocks"])
