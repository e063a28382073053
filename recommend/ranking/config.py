"""Settings of the ranker."""

from typing import Annotated, Literal

import msgspec

HEADS = ("click", "purchase", "completion")
"""What may come of a course that is shown, in the order of all columns of labels and chances."""
PROFILE_DIMENSIONS = 10
"""Numbers of a profile that are looked at; shorter profiles are filled up with zeros."""


class RankerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of `Ranker`.

    click_weight, purchase_weight, completion_weight: what each outcome is worth; courses are ordered by the sum of
        chances times worth. Only their proportions matter.
    hidden: units of the first layer of the trunk; the second has half as many.
    embedding_dimensions: numbers that describe a category; kinds, teachers, platforms, devices and placements have
        half as many.
    crossing: rank of the products between what is known of the course and of the circumstances; 0 leaves them out.
    position_bias: `examined` learns how likely each place is looked at and sets it apart; `ignored` takes each place
        as equally seen.
    batch_size: shown courses per step of Adam.
    learning_rate: of Adam at the beginning; it falls to 0 in a straight line over `max_epochs`.
    weight_decay: pull of all weights towards 0 (decoupled, per unit of learning rate).
    max_epochs: passes over the answers at most.
    patience: stop after so many epochs without a better validation loss, and keep the best.
    validation_share: share of the answers, the latest ones, that are held out to watch over the training.
    seed: of everything random; on the CPU the same seed gives the same model.
    device: where to train; `auto` takes a GPU when there is one. Serving never needs one.
    """

    click_weight: Annotated[float, msgspec.Meta(ge=0, le=1e3)] = 1.0
    purchase_weight: Annotated[float, msgspec.Meta(ge=0, le=1e3)] = 2.0
    completion_weight: Annotated[float, msgspec.Meta(ge=0, le=1e3)] = 1.0
    hidden: Annotated[int, msgspec.Meta(ge=2, le=4096)] = 64
    embedding_dimensions: Annotated[int, msgspec.Meta(ge=2, le=256)] = 8
    crossing: Annotated[int, msgspec.Meta(ge=0, le=256)] = 16
    position_bias: Literal["examined", "ignored"] = "examined"
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1024
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.005
    weight_decay: Annotated[float, msgspec.Meta(ge=0, le=100)] = 1.0
    max_epochs: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 15
    patience: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 3
    validation_share: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.15
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @property
    def worth(self) -> tuple[float, float, float]:
        """What each of `HEADS` is worth."""
        return self.click_weight, self.purchase_weight, self.completion_weight
