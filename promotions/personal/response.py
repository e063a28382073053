"""How likely somebody buys a course, by what is taken off its price: learned from past decisions.

One logistic regression for all levels: chance = sigmoid(b + x'v + level (w_0 + x'w)), so that w_0 + x'w is what a
discount does for this person and course, linear in profile and course as the base chance is. Fitted by weighted maximum
likelihood with a quadratic penalty, each past decision weighted by 1 / its propensity (clipped), so that what was
chosen for a reason counts as though it had been drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

LEAST_EXAMPLES = 200
"""With fewer past decisions nothing is learned yet, and levels are drawn at random."""
LEAST_PURCHASES = 10
PENALTY = 3.0
MOST_WEIGHT = 10.0


class TooLittleKnown(Exception):
    """There are too few past decisions, or of too few kinds, to learn from."""


@dataclass(frozen=True)
class Response:
    """A fitted model. mean, scale: (features,) of the features; base, lift: (features + 1,), the constant first."""

    mean: np.ndarray
    scale: np.ndarray
    base: np.ndarray
    lift: np.ndarray

    def chances(self, features: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """(candidates, levels): how likely each buys at each level (shares of the price, 0 to 1)."""
        x = _with_constant((features - self.mean) / self.scale)
        # A discount is never held to put people off.
        steepness = np.maximum(x @ self.lift, 0.0)
        result: np.ndarray = expit((x @ self.base)[:, None] + steepness[:, None] * levels[None, :])
        return result


def fit(features: np.ndarray, levels: np.ndarray, bought: np.ndarray, propensities: np.ndarray) -> Response:
    """Learn from decisions: features (decisions, features), levels as shares, bought 0 or 1, propensities (0, 1].

    Raises `TooLittleKnown`.
    """
    if len(bought) < LEAST_EXAMPLES or bought.sum() < LEAST_PURCHASES or len(np.unique(levels)) < 2:
        raise TooLittleKnown
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    x = _with_constant((features - mean) / scale)
    design = np.hstack([x, x * levels[:, None]])
    weights = np.minimum(1.0 / propensities, MOST_WEIGHT)
    weights *= len(weights) / weights.sum()
    penalty = np.full(design.shape[1], PENALTY)
    penalty[[0, x.shape[1]]] = 1e-3  # the two constants are free

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        z = design @ parameters
        likelihood = np.logaddexp(0.0, z) - bought * z
        value = float(weights @ likelihood + 0.5 * penalty @ parameters**2)
        return value, design.T @ (weights * (expit(z) - bought)) + penalty * parameters

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    return Response(mean, scale, found[: x.shape[1]], found[x.shape[1] :])


def _with_constant(x: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(x), 1)), x])
