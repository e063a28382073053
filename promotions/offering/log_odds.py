"""The log-odds of buying at each step of a ladder, linear in columns of features, by penalised maximum likelihood.

At step l, which takes off d_l of the price, they are phi'b + (d_l / d_max) phi'w + phi'v_l, and phi'b where nothing is
taken off: what somebody does anyway, what a discount does with them, and how single steps differ from a straight line.

How hard w and v are to be bound to nothing is not picked but averaged over: each penalty counts as its likelihood of
what was left out of folds says (pseudo-BMA: Yao, Vehtari, Simpson and Gelman, "Using stacking to average Bayesian
predictive distributions", Bayesian Analysis 13(3), 2018). Where much is known one of them has all the weight.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from promotions.offering.ladder import Float64Array, IntArray

FREE = 1e-3
"""The penalty of constants, which are hardly bound."""
LITTLE = 1e-3
"""Penalties of less weight are left out."""
MOST_STEPS = 300


@dataclass(frozen=True)
class Answers:
    """n past offers. columns: (n, q), the first constant. depth: (L,), of each step, 0 for nothing. weights: (n,)."""

    columns: Float64Array
    levels: IntArray
    bought: Float64Array
    weights: Float64Array
    depth: Float64Array

    def of(self, rows: np.ndarray) -> "Answers":
        """Some of them."""
        return Answers(self.columns[rows], self.levels[rows], self.bought[rows], self.weights[rows], self.depth)


@dataclass(frozen=True)
class Strength:
    """Penalties: of what is bought anyway, of what discounts do, and how much harder single steps are bound."""

    base: float
    effect: float
    deviation: float


@dataclass(frozen=True)
class Fitted:
    """coefficients: (q, L), of the log-odds anyway, then what each step adds. shares: the weight of each penalty.

    held: (n, L), the chances by what was learned without the offer's own fold.
    """

    coefficients: Float64Array
    held: Float64Array
    shares: Float64Array


def chances(columns: Float64Array, coefficients: Float64Array) -> Float64Array:
    """Of buying at each step; (n, L)."""
    return np.asarray(expit(_log_odds(columns, coefficients)))


def averaged(answers: Answers, strengths: list[Strength], fold_of: IntArray) -> Fitted:
    """Fit with each penalty and average; fold_of: (n,), offers of one fold are left out together."""
    strengths = sorted(strengths, key=lambda each: -each.effect)
    folds = [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of)]
    without = [_path(answers.of(np.flatnonzero(fold_of != fold)), strengths) for fold in np.unique(fold_of)]
    losses = np.array(
        [
            sum(_loss(answers.of(rows), path[number]) for rows, path in zip(folds, without, strict=True))
            for number in range(len(strengths))
        ]
    )
    shares = np.exp(losses.min() - losses)
    shares = np.where(shares < LITTLE * shares.max(), 0.0, shares)
    shares /= shares.sum()
    held = np.zeros((len(fold_of), len(answers.depth)))
    for rows, path in zip(folds, without, strict=True):
        held[rows] = chances(answers.columns[rows], np.tensordot(shares, path, 1))
    counting = [each for each, share in zip(strengths, shares, strict=True) if share]
    coefficients = np.tensordot(shares[shares > 0], _path(answers, counting), 1)
    return Fitted(coefficients, held, shares)


def _path(answers: Answers, strengths: list[Strength]) -> Float64Array:
    """Coefficients of each penalty, (penalties, q, L); each search begins where the one before ended."""
    depth, n = answers.depth, len(answers.levels)
    own = np.zeros((n, len(depth)))
    own[np.arange(n), answers.levels] = 1.0
    parts = np.hstack([np.ones((n, 1)), depth[answers.levels][:, None], own[:, 1:]])
    found = np.zeros((answers.columns.shape[1], parts.shape[1]))
    path = []
    for strength in strengths:
        found = _search(answers, parts, strength, found)
        steps = found[:, [1]] * depth[None, 1:] + found[:, 2:]
        path.append(np.hstack([found[:, :1], steps]))
    return np.array(path)


def _search(answers: Answers, parts: Float64Array, strength: Strength, start: Float64Array) -> Float64Array:
    single = [strength.effect * strength.deviation] * (parts.shape[1] - 2)
    penalty = np.repeat(np.array([[strength.base, strength.effect, *single]]), len(start), axis=0)
    penalty[0] = FREE
    columns, bought, weights = answers.columns, answers.bought, answers.weights

    def loss(flat: Float64Array) -> tuple[float, Float64Array]:
        found = flat.reshape(start.shape)
        z = np.einsum("ij,ij->i", columns @ found, parts)
        value = weights @ (np.logaddexp(0.0, z) - bought * z) + 0.5 * (penalty * found**2).sum()
        slope = columns.T @ ((weights * (expit(z) - bought))[:, None] * parts) + penalty * found
        return float(value), slope.ravel()

    options = {"maxiter": MOST_STEPS}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options).x
    return np.asarray(found.reshape(start.shape))


def _loss(answers: Answers, coefficients: Float64Array) -> float:
    z = _log_odds(answers.columns, coefficients)[np.arange(len(answers.levels)), answers.levels]
    return float(answers.weights @ (np.logaddexp(0.0, z) - answers.bought * z))


def _log_odds(columns: Float64Array, coefficients: Float64Array) -> Float64Array:
    parts = columns @ coefficients
    parts[:, 1:] += parts[:, :1]
    return parts
