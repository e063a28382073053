"""The ranker: chances of what may come of each candidate, by a small network that needs numpy alone to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, Self

import msgspec
import numpy as np

from recommend.algorithms.artifacts import (
    Arrays,
    CorruptedArtifact,
    LossPoint,
    Manifest,
    read_arrays,
    read_manifest,
    write_artifact,
)
from recommend.algorithms.base import InvalidConfig, Progress, silent
from recommend.algorithms.interactions import Float32Array, Int32Array
from recommend.ranking.circumstances import ASKED_FEATURES, Question
from recommend.ranking.config import HEADS, RankerConfig
from recommend.ranking.courses import Courses, Renown
from recommend.ranking.examples import Examples, candidate_features
from recommend.ranking.vocabulary import Vocabulary

MOST_PLACES = 50
"""Places of a list that are told apart; those beyond are like the last of them."""


class Words(msgspec.Struct, frozen=True):
    """What a ranker knows in words. axes: names the axes that profiles had in its training, empty without profiles."""

    vocabulary: Vocabulary
    axes: str = ""


@dataclass(frozen=True)
class Candidates:
    """n courses to be put in order for one question, as in `Examples`: numbers float32 (n, f), codes int32 (n,)."""

    numbers: Float32Array
    category: Int32Array
    kind: Int32Array
    teacher: Int32Array


@dataclass(frozen=True)
class Background:
    """What a ranker has to know when it answers, besides what it learns.

    known: all courses, ids ascending, in the codes of the examples, and their renown now; axes: see `Words`.
    """

    known: Courses
    renown: Renown
    axes: str = ""

    @classmethod
    def none(cls) -> Background:
        """Without courses."""
        nothing = np.zeros(0, np.int32)
        columns = (nothing, nothing, nothing, nothing, np.zeros(0, np.float32), np.zeros(0), np.zeros(0, np.float32))
        return cls(Courses(np.zeros(0, np.int64), *columns), Renown.none(0))


class Ranker:
    """A multi-task ranker with a shared trunk and a head for each outcome (Caruana, Multitask Learning, 1997).

    A candidate x (features, and embeddings of category, kind and teacher) and a question c (who asks, where, on what,
    when) meet in the first layer, by sums and by products of low rank:
        h = relu(x (A + P diag(c Q) U) + c B + b)
    A second layer and one logit for each of click, purchase and completion follow, with a direct linear part in x.

    People choose what they see: the chance of an outcome at a place is the chance that the place is looked at times
    the chance of the outcome for what is looked at (PAL, Guo et al., RecSys 2019). Both are learned together; the
    former, a curve that falls with the place, for each device, is left out when answering.
    """

    name: ClassVar[str] = "ranker"
    Config = RankerConfig

    def __init__(self, config: RankerConfig | None = None) -> None:
        """Take these settings, or the defaults. Raises `InvalidConfig`."""
        self.config = self.configure({} if config is None else msgspec.to_builtins(config))
        self.loss_curve: list[LossPoint] = []
        self.words = Words(Vocabulary())
        self.background = Background.none()
        self._learned: Arrays = {}

    @classmethod
    def configure(cls, settings: Mapping[str, object]) -> RankerConfig:
        """Settings from plain values, the rest by default. Raises `InvalidConfig`, naming the setting."""
        try:
            config = msgspec.convert(dict(settings), RankerConfig, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidConfig(f"{cls.name}: {error}") from None
        if not sum(config.worth):
            raise InvalidConfig(f"{cls.name}: at least one of {', '.join(HEADS)} has to be worth something.")
        return config

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that it tells apart."""
        return self.words.vocabulary

    def fit(self, examples: Examples, background: Background, progress: Progress = silent) -> Self:
        """Train with PyTorch, on a GPU when there is one. Raises `EmptyDataset`."""
        examples.require_learnable()
        from recommend.ranking.training import train  # loads PyTorch, which serving does without

        self._learned, self.loss_curve = train(examples, self.config, progress)
        self.words, self.background = Words(examples.vocabulary, background.axes), background
        self._take_up()
        return self

    def chances(self, candidates: Candidates, question: Question) -> Float32Array:
        """The chances of `HEADS` for each candidate that is looked at, float32 (n, 3)."""
        learned = self._learned
        asked = np.concatenate(
            [
                (question.numbers - learned["asked_mean"]) * learned["asked_scale"],
                *(learned[name][getattr(question, name)] for name in ("platform", "device", "placement")),
            ]
        )
        crossed = (learned["left"] * (asked @ learned["right"])) @ learned["out"]
        items = self._items(candidates)
        first = items @ (learned["item"] + crossed)
        first += asked @ learned["question"] + learned["first_bias"]
        np.maximum(first, 0, out=first)
        second = first @ learned["second"]
        second += learned["second_bias"]
        np.maximum(second, 0, out=second)
        logits = second @ learned["heads"]
        logits += items @ learned["wide"]
        logits += learned["heads_bias"]
        return 1 / (1 + np.exp(-logits))

    def worth(self, chances: Float32Array, worth: tuple[float, float, float] | None = None) -> Float32Array:
        """What candidates are worth, float32 (n,), 0 to 1: their chances weighed by what each outcome is worth."""
        weights = np.array(worth or self.config.worth, np.float32)
        return chances @ (weights / weights.sum())

    def seen(self, places: Int32Array, device: Int32Array) -> Float32Array:
        """How likely these places of a list are looked at, against the first, float32 (n,); 1 for `NOWHERE`."""
        curve = np.exp(self._learned["log_seen"])
        return np.where(places < 0, 1, curve[device, places.clip(0, MOST_PLACES - 1)])

    def known_sources(self, scores: Float32Array) -> Float32Array:
        """Scores (sources, n) without those of sources that no list of the training had: these say nothing."""
        return np.where(self._learned["source_was_there"][:, None], scores, np.nan)

    def arrays(self) -> Arrays:
        """The learned arrays, all float32 if not said otherwise.

        I is the width of a candidate (numbers and embeddings), C that of a question, H `hidden`, k `crossing`.
        numbers_mean, numbers_scale: (f,); asked_mean, asked_scale: (21,). category, kind, teacher, platform, device,
        placement: embeddings, a row for each code. item: (I, H), question: (C, H), first_bias: (H,); left: (I, k),
        right: (C, k), out: (k, H); second: (H, H // 2), second_bias: (H // 2,); heads: (H // 2, 3), wide: (I, 3),
        heads_bias: (3,). log_seen: (devices, MOST_PLACES). source_was_there: bool (sources,). known_…, renown_…: (n,),
        the columns of `Courses` and `Renown`. words: uint8, JSON of `Words`.
        """
        known, renown = (
            {f"{prefix}_{each.name}": getattr(columns, each.name) for each in fields(columns)}
            for prefix, columns in (("known", self.background.known), ("renown", self.background.renown))
        )
        return {**self._learned, **known, **renown, "words": np.frombuffer(msgspec.json.encode(self.words), np.uint8)}

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        learned = dict(arrays)
        self.words = msgspec.json.decode(learned.pop("words").tobytes(), type=Words)
        known = Courses(*(learned.pop(f"known_{each.name}") for each in fields(Courses)))
        renown = Renown(*(learned.pop(f"renown_{each.name}") for each in fields(Renown)))
        self.background = Background(known, renown, self.words.axes)
        self._learned = learned
        self._take_up()

    def save(self, directory: Path) -> None:
        """Write the ranker into the folder (made if need be), replacing one that stands there."""
        config = msgspec.to_builtins(self.config)
        manifest = Manifest(self.name, config, max(len(self.background.known), 1), self.loss_curve)
        write_artifact(directory, manifest, self.arrays())

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read a ranker that `save` wrote, memory-mapped. Raises `CorruptedArtifact`."""
        manifest = read_manifest(directory)
        if manifest.algorithm != cls.name:
            raise CorruptedArtifact(f"{directory} holds a model of {manifest.algorithm}, not of {cls.name}.")
        try:
            ranker = cls(cls.configure(manifest.config))
            ranker.loss_curve = manifest.loss_curve
            ranker.restore(read_arrays(directory, manifest))
        except InvalidConfig as error:
            raise CorruptedArtifact(f"The settings in {directory} are not valid ({error}); train it again.") from error
        except (IndexError, ValueError, msgspec.DecodeError) as error:
            raise CorruptedArtifact(
                f"The arrays in {directory} do not fit together ({error}); train it again."
            ) from error
        except KeyError as error:
            raise CorruptedArtifact(f"The array {error} is missing in {directory}; train it again.") from error
        return ranker

    def _items(self, candidates: Candidates) -> Float32Array:
        learned = self._learned
        numbers = (candidates.numbers - learned["numbers_mean"]) * learned["numbers_scale"]
        words = [learned[name][getattr(candidates, name)] for name in ("category", "kind", "teacher")]
        return np.concatenate([numbers, *words], axis=1)

    def _take_up(self) -> None:
        """Bring the small arrays into memory and see that they fit together. Raises `KeyError` or `ValueError`."""
        self._learned = {name: np.array(array) for name, array in self._learned.items()}
        width = candidate_features(len(self.vocabulary.sources))
        code = np.zeros(1, np.int32)
        one = Candidates(np.zeros((1, width), np.float32), code, code, code)
        chances = self.chances(one, Question(np.zeros(len(ASKED_FEATURES), np.float32), 0, 0, 0))
        if chances.shape != (1, len(HEADS)) or not np.isfinite(chances).all():
            raise ValueError("they give no chances")
        if self._learned["log_seen"].shape != (len(self.vocabulary.devices) + 1, MOST_PLACES):
            raise ValueError("the places are of other devices")
