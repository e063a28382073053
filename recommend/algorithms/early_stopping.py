"""Training for as long as it helps: an epoch at a time, until the watched loss stops falling, and the best is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch

from recommend.algorithms.artifacts import LossPoint


def train_until_best(
    network: torch.nn.Module,
    max_epochs: int,
    patience: int,
    epoch_loss: Callable[[list[LossPoint]], float],
    validation_loss: Callable[[], float] | None,
) -> list[LossPoint]:
    """Train, leave the network as it was after its best epoch, and return the curve.

    epoch_loss: trains for one epoch, told the curve until then, and returns its mean loss. validation_loss: the loss
    that is watched; where it is None, nothing was held out, and the training loss is watched. After `patience` epochs
    without a better one it ends. Raises `FloatingPointError` when the loss never was a number.
    """
    curve: list[LossPoint] = []
    best_loss, best_epoch, best_state = np.inf, 0, {}
    for epoch in range(1, max_epochs + 1):
        training = epoch_loss(curve)
        validation = None if validation_loss is None else validation_loss()
        curve.append(LossPoint(epoch, training, validation))
        watched = training if validation is None else validation
        if watched < best_loss:
            best_loss, best_epoch = watched, epoch
            best_state = copy.deepcopy(network.state_dict())
        elif epoch - best_epoch >= patience:
            break
    if not best_state:
        raise FloatingPointError("The training diverged: the loss is not a number. Try a smaller learning_rate.")
    network.load_state_dict(best_state)
    return curve


def latest_figures(curve: list[LossPoint]) -> dict[str, float]:
    """The last point of a curve, as progress is told of it; nothing before the first."""
    if not curve:
        return {}
    latest = curve[-1]
    figures = {"epoch": latest.epoch, "training loss": latest.training_loss}
    if latest.validation_loss is not None:
        figures["validation loss"] = latest.validation_loss
    return figures
