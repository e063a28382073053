"""A model of rewards, learned in folds so that no round is predicted by what learned from it."""

import numpy as np

from recommend.exploration.logged import Float64Array, IntArray, LoggedRounds


def predictions(log: LoggedRounds, folds: int, prior_rounds: float, seed: int = 0) -> Float64Array:
    """The reward to expect of every action in every round, float64 (n, n_actions), cross-fitted.

    Ridge regression on action, place, the two together and the features. Every effect is drawn to none as by
    `prior_rounds` rounds that tell of none. Rounds of one cluster are in one fold (Chernozhukov et al.,
    "Double/debiased machine learning", Econometrics Journal 21(1), 2018).
    """
    fold_of = _folds(log.clusters, folds, seed)
    found = np.empty((len(log), log.n_actions))
    for fold in range(folds):
        held = fold_of == fold
        if not held.any():
            continue
        learning = ~held if (~held).any() else held
        mean, effects = _fit(log, learning, prior_rounds)
        found[held] = mean + _expected(log, held, effects)
    return found


def _folds(clusters: IntArray, folds: int, seed: int) -> IntArray:
    names, numbers = np.unique(clusters, return_inverse=True)
    return np.random.default_rng(seed).permutation(len(names))[numbers] % folds


def _fit(log: LoggedRounds, rows: np.ndarray, prior_rounds: float) -> tuple[float, Float64Array]:
    """The mean reward, and the effects: of actions, of places, of both together, of features."""
    actions, positions = log.actions[rows], log.positions[rows]
    n_actions, n_positions = log.n_actions, log.n_positions
    first_place = n_actions
    first_pair = first_place + n_positions
    first_feature = first_pair + n_actions * n_positions
    design = np.zeros((len(actions), first_feature + log.features.shape[1]))
    each = np.arange(len(actions))
    design[each, actions] = 1
    design[each, first_place + positions] = 1
    design[each, first_pair + actions * n_positions + positions] = 1
    design[:, first_feature:] = log.features[rows]
    rewards = log.rewards[rows]
    mean = float(rewards.mean())
    grams = design.T @ design
    grams[np.diag_indices_from(grams)] += prior_rounds
    return mean, np.linalg.solve(grams, design.T @ (rewards - mean))


def _expected(log: LoggedRounds, rows: np.ndarray, effects: Float64Array) -> Float64Array:
    n_actions, n_positions = log.n_actions, log.n_positions
    of_action, of_place, of_pair, of_feature = np.split(
        effects, np.cumsum([n_actions, n_positions, n_actions * n_positions])
    )
    positions = log.positions[rows]
    pairs = of_pair.reshape(n_actions, n_positions).T[positions]
    return of_action[None] + pairs + (of_place[positions] + log.features[rows] @ of_feature)[:, None]
