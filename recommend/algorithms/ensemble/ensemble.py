"""The default: several algorithms at once, each heard as much as it has proved to know in the situation."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from recommend.algorithms.base import (
    Algorithm,
    AlgorithmConfig,
    Arrays,
    EmptyDataset,
    Histories,
    Interactions,
    Progress,
    silent,
)
from recommend.algorithms.ensemble import context
from recommend.algorithms.ensemble.members import MEMBERS, Member
from recommend.algorithms.ensemble.questions import questions_of
from recommend.algorithms.ensemble.standing import columns_by_platform, moments
from recommend.algorithms.ensemble.unmet import Unmet
from recommend.algorithms.interactions import Float32Array, Int32Array, Int64Array

logger = logging.getLogger(__name__)

TRYING = "training members on a part"
ASKING = "asking members about the rest"
COMPLETING = "training members on everything"

PARTS = 100
"""In how many parts the progress of one member is told."""

ONE_EVENT = 1
MEMBERS_ARRAY, WEIGHTS_ARRAY, PLATFORMS_ARRAY, MET_ARRAY = "members", "weights", "platforms", "met"


class EnsembleConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Ensemble`.

    half_life_days: after how many days an event counts half for members that mind time (days); 0 never forgets,
        which is right when the times are only an order.
    questions: how many people at most are asked about to learn the weights.
    completes: whether members are trained once more on everything after the weights are known; without, what was hidden
        from them stays unknown, and the training takes half the time.
    seed: of whom to ask about.
    """

    half_life_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = 30.0
    questions: Annotated[int, msgspec.Meta(ge=10, le=1_000_000)] = 2_000
    completes: bool = True
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0


@dataclass(frozen=True)
class _Trained:
    """A member that has learned."""

    name: str
    model: Algorithm[Any]


class Ensemble(Algorithm[EnsembleConfig]):
    """Stacking of recommenders (in the family of Sill et al., Feature-Weighted Linear Stacking, 2009).

    Each member's scores are brought to mean 0 and deviation 1 over the courses of a platform, and summed with weights
    that depend on how much the person has done on that platform and elsewhere. The weights are those under which hidden
    courses of some people are likeliest, and a member that NDCG does not miss is left out, so that the mixture is no
    worse than its best member as far as the hidden courses can tell. People without history get what the members say
    who look at nobody's. Courses that nobody met are placed among the others by the member that knows them (`unmet`).
    """

    name = "ensemble"
    Config = EnsembleConfig

    def __init__(self, config: EnsembleConfig | None = None) -> None:
        """Take these settings, or the defaults. Raises `InvalidConfig`."""
        super().__init__(config)
        self._earlier: tuple[Self, Int64Array] | None = None

    @property
    def members(self) -> dict[str, Algorithm[Any]]:
        """The members that are listened to, by name."""
        return {member.name: member.model for member in self._members}

    def weights(self, own: int, elsewhere: int = 0) -> dict[str, float]:
        """How much each member is listened to for a person with so many events on the platform, and on others."""
        bucket = int(context.buckets(np.array(own), np.array(elsewhere)))
        return dict(zip(self.members, self._weights[bucket].tolist(), strict=True))

    @property
    def knows_unmet(self) -> bool:  # type: ignore[override]
        """Whether any of the members does."""
        return any(member.model.knows_unmet for member in self._members)

    def compacted(self) -> Self:
        """The same with every member made compact."""
        self._require_fitted()
        members = [_Trained(member.name, member.model.compacted()) for member in self._members]
        model = type(self)(self.config)
        model.n_items = self.n_items
        model.restore(_arrays(members, self._weights, self._platforms, self._met))
        return model

    def start_from(self, earlier: Self, columns: Int64Array) -> None:
        """Let each member begin with what the same member has learned before."""
        self._earlier = earlier, columns

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Train the members without some people's courses, ask for these, weigh the members, and train those again.

        Raises `EmptyDataset`.
        """
        interactions.require_learnable()
        from recommend.algorithms.ensemble import weighing  # loads SciPy's optimisers, which only training needs

        asked = questions_of(interactions, self.config.questions, self.config.seed)
        candidates = [member for member in MEMBERS if member.is_worth_trying(interactions)]
        known = interactions if asked is None else interactions.where(asked[0])
        members = self._tried(candidates, known, progress)
        fallbacks = [not member.model.is_personal for member in members]
        if asked is None:
            weights = weighing.without_questions(fallbacks)
        else:
            models = [member.model for member in members]
            progress(ASKING, 0, 1, {})
            weights = weighing.learned(weighing.ballots_of(models, asked[1], interactions.platforms), fallbacks)
            progress(ASKING, 1, 1, {})
        knows_more = np.array([member.model.knows_unmet and not interactions.met.all() for member in members])
        heard = np.flatnonzero(weights.any(axis=0) | knows_more).tolist()
        members = [members[row] for row in heard]
        if asked is not None and self.config.completes:
            members = list(self._completed(members, interactions, progress))
        self.n_items = interactions.n_items
        self._earlier = None
        self._take(members, weights[:, heard], interactions.platforms, interactions.met)
        return self

    def scores(self, histories: Histories) -> Float32Array:
        """Weighted sums of the members' standings, float32 (people, n_items)."""
        self._require_answerable(histories)
        scores = np.zeros((len(histories), self.n_items), np.float32)
        for _member, part, _slopes in self._heard(histories):
            scores += part
        if self._unmet is not None:
            self._unmet.place(scores, histories)
        return scores

    def similar(self, item: int) -> Float32Array:
        """What members who look at histories find similar, weighed as for a person who met this course alone."""
        self._require_known(np.array([item]))
        if self._unmet is not None and not self._met[item]:
            return self._unmet.knower.similar(item)
        weights = self._weights[int(context.buckets(np.array(ONE_EVENT), np.array(0)))]
        personal = [row for row, member in enumerate(self._members) if member.model.is_personal and weights[row]]
        similarity = np.zeros(self.n_items, np.float32)
        for row in personal or range(len(self._members)):
            found = self._members[row].model.similar(item)
            found[item] = found[np.isfinite(found)].min(initial=0)
            mean, steepness = moments(found[None])
            similarity += (weights[row] if personal else 1) * ((found - mean[0]) * steepness[0])
        if self._unmet is not None:
            self._unmet.place_similar(similarity, item)
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """Weighted sums of what each event adds to the members' standings, float32 (events, len(items)).

        What comes of having a history at all (other weights, other averages) is shared out evenly among the courses of
        the history, so that the parts add up and their order by size stays that of the members.
        """
        histories.require_one()
        self._require_answerable(histories)
        self._require_known(items)
        parts = np.zeros((len(histories.items), len(items)), np.float32)
        if not parts.size:
            return parts
        scores = np.zeros((1, self.n_items), np.float32)
        for member, part, slopes in self._heard(histories):
            scores += part
            if member.model.is_personal and slopes.any():
                parts += member.model.contributions(histories, items) * slopes[0, items]
        if self._unmet is not None:
            of_unmet, slopes = ~self._met[items], self._unmet.place(scores, histories)
            causes = self._unmet.knower.contributions(histories, items[of_unmet])
            parts[:, of_unmet] = causes * slopes[0, items[of_unmet]]
        whole = scores[0, items] - self._to_nobody[items]
        totals = np.bincount(histories.items, histories.weights, self.n_items)[histories.items]
        shares = (histories.weights / totals / len(np.unique(histories.items))).astype(np.float32)
        return parts + shares[:, None] * (whole - parts.sum(axis=0))

    def arrays(self) -> Arrays:
        """Who the members are, their weights, and their own arrays.

        members: uint8, a JSON list of name, algorithm and settings; weights: float32 (situations, members); platforms:
        int32 (n_items,); met: bool (n_items,), whether anybody met each course; `<member>.<array>`: the arrays of each
        member.
        """
        return _arrays(self._members, self._weights, self._platforms, self._met)

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        kinds = {member.kind.name: member.kind for member in MEMBERS}
        members = []
        for told in json.loads(arrays[MEMBERS_ARRAY].tobytes()):
            kind, prefix = kinds[told["algorithm"]], f"{told['name']}."
            model = kind(kind.configure(told["settings"]))
            model.n_items = self.n_items
            model.restore({name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)})
            members.append(_Trained(told["name"], model))
        platforms, weights, met = arrays[PLATFORMS_ARRAY], arrays[WEIGHTS_ARRAY], arrays[MET_ARRAY]
        if (
            len(platforms) != self.n_items
            or len(met) != self.n_items
            or weights.shape != (context.SHAPE[0] * context.SHAPE[1], len(members))
        ):
            raise ValueError("the weights or platforms are of another ensemble")
        self._take(members, weights, platforms, met)

    def _take(
        self, members: Sequence[_Trained], weights: Float32Array, platforms: Int32Array, met: npt.NDArray[np.bool_]
    ) -> None:
        self._members, self._weights, self._platforms, self._met = members, weights, platforms, met
        knower = next((member.model for member in members if member.model.knows_unmet), None)
        self._unmet = None if knower is None or met.all() else Unmet.of(knower, met, platforms)
        self._columns = columns_by_platform(platforms)
        self.__dict__.pop("_to_nobody", None)

    def _tried(self, candidates: Sequence[Member], known: Interactions, progress: Progress) -> list[_Trained]:
        """The candidates that can learn, trained. Raises `EmptyDataset` where none can."""
        trained, reason = [], None
        for number, member in enumerate(candidates):
            model = self._untrained(member)
            try:
                model.fit(member.learns_from(known), _within(progress, TRYING, number, len(candidates)))
            except (EmptyDataset, FloatingPointError) as error:
                logger.info("%s is left out of the ensemble: %s", member.name, error)
                reason = error
            else:
                trained.append(_Trained(member.name, model))
        progress(TRYING, len(candidates) * PARTS, len(candidates) * PARTS, {})
        if not trained:
            raise EmptyDataset(f"No member of the ensemble could learn anything; the last one says: {reason}")
        return trained

    def _untrained(self, member: Member) -> Algorithm[Any]:
        settings = dict(member.settings)
        if "half_life_days" in member.kind.Config.__struct_fields__:
            settings["half_life_days"] = self.config.half_life_days
        model = member.kind(member.kind.configure(settings))
        if self._earlier is not None:
            earlier, columns = self._earlier
            if (before := earlier.members.get(member.name)) is not None and before.name == model.name:
                model.start_from(before, columns)
        return model

    def _completed(
        self, members: Sequence[_Trained], interactions: Interactions, progress: Progress
    ) -> Iterator[_Trained]:
        """The members trained on everything, each beginning with what it has learned from a part."""
        same = np.arange(interactions.n_items)
        learns_from = {member.name: member.learns_from for member in MEMBERS}
        for number, member in enumerate(members):
            model = type(member.model)(member.model.config)
            model.start_from(member.model, same)
            model.fit(learns_from[member.name](interactions), _within(progress, COMPLETING, number, len(members)))
            yield _Trained(member.name, model)
        progress(COMPLETING, len(members) * PARTS, len(members) * PARTS, {})

    def _heard(self, histories: Histories) -> Iterator[tuple[_Trained, Float32Array, Float32Array]]:
        """Each member who is heard, with its part of the scores, and by how much that rises with its own scores.

        Both float32 (people, n_items).
        """
        situations = {platform: context.of(histories, self._platforms, platform) for platform in self._columns}
        for member, weights in zip(self._members, self._weights.T, strict=True):
            if not any(weights[situation].any() for situation in situations.values()):
                continue
            scores = member.model.scores(histories)
            slopes = np.empty_like(scores)
            for platform, columns in self._columns.items():
                mean, steepness = moments(scores[:, columns])
                scores[:, columns] -= mean
                slopes[:, columns] = steepness * weights[situations[platform], None]
            scores *= slopes
            yield member, scores, slopes

    @cached_property
    def _to_nobody(self) -> Float32Array:
        """The scores for an empty history, float32 (n_items,)."""
        return self.scores(Histories.single([]))[0]


def _within(progress: Progress, step: str, number: int, members: int) -> Progress:
    """The progress of one member as a part of a step of all."""
    furthest = number * PARTS

    def report(_step: str, done: int, total: int, metrics: dict[str, float]) -> None:
        nonlocal furthest
        furthest = max(furthest, number * PARTS + (PARTS - 1) * done // max(total, 1))
        progress(step, furthest, members * PARTS, metrics)

    return report


def _arrays(
    members: Sequence[_Trained], weights: Float32Array, platforms: Int32Array, met: npt.NDArray[np.bool_]
) -> Arrays:
    told = [
        {"name": each.name, "algorithm": each.model.name, "settings": msgspec.to_builtins(each.model.config)}
        for each in members
    ]
    arrays: Arrays = {
        MEMBERS_ARRAY: np.frombuffer(json.dumps(told).encode(), np.uint8),
        WEIGHTS_ARRAY: weights,
        PLATFORMS_ARRAY: platforms,
        MET_ARRAY: met,
    }
    for each in members:
        arrays |= {f"{each.name}.{name}": array for name, array in each.model.arrays().items()}
    return arrays
