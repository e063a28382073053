"""Off-policy evaluation: what another policy would have brought, from rounds of the one that was logged.

With x what is known before a choice, a the action chosen with propensity p, r its reward, pi(a|x) the other policy's
chance of it and w = pi(a|x) / p:

ips     mean of w r (Horvitz and Thompson, JASA 47, 1952; Strehl et al., NIPS 2010). Unbiased, often noisy.
snips   sum of w r over sum of w (Swaminathan and Joachims, "The self-normalized estimator for counterfactual
        learning", NIPS 2015). A bias that vanishes with more rounds; does not depend on where rewards have their zero.
dm      mean over rounds of the sum over a of pi(a|x) q(x, a), q a model of rewards. As wrong as its model.
dr      dm plus the mean of w (r - q(x, a)) (Dudik, Langford and Li, "Doubly robust policy evaluation and learning",
        ICML 2011). Right when either the propensities or the model are; q is learned in folds.

A policy is judged as one that does not change what comes after: rounds are taken to be independent of one another, but
for those in one cluster.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec
import numpy as np

from recommend.exploration import intervals, reward_model, weighting
from recommend.exploration.intervals import Confidence, Interval
from recommend.exploration.logged import Float64Array, IntArray, LoggedRounds, UnusableLog
from recommend.exploration.weighting import Caution

SUM_TOLERANCE = 1e-6


class Method(StrEnum):
    """How a value is estimated; see above."""

    IPS = "ips"
    SNIPS = "snips"
    DM = "dm"
    DR = "dr"


class OffPolicyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to judge a policy.

    largest_weight, shrinkage: see `weighting.cut`. folds, prior_rounds: see `reward_model.predictions`. confidence: the
    share of intervals that shall hold the truth. resamples: of the bootstrap; 0 for asymptotic intervals. seed: of
    folds and resamples. lowest, highest: between which the true value is known to lie, as 0 and 1 for click rates.
    """

    largest_weight: Annotated[float, msgspec.Meta(gt=0)] | None = None
    shrinkage: Annotated[float, msgspec.Meta(gt=0)] | None = None
    folds: Annotated[int, msgspec.Meta(ge=2, le=50)] = 5
    prior_rounds: Annotated[float, msgspec.Meta(gt=0)] = 50.0
    confidence: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.95
    resamples: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    seed: int = 0
    lowest: float = -np.inf
    highest: float = np.inf

    def intervals(self) -> Confidence:
        """How intervals are made."""
        return Confidence(self.confidence, self.resamples, self.seed, (self.lowest, self.highest))


@dataclass(frozen=True)
class Estimate:
    """A policy's value, in units of the reward, with its interval.

    effective_size: so many even rounds would tell as much; see `weighting.effective_size`. rounds: how many there are.
    """

    method: Method
    value: float
    error: float
    low: float
    high: float
    effective_size: float
    rounds: int
    cautions: tuple[Caution, ...]

    def holds(self, truth: float) -> bool:
        """Whether the interval contains this value."""
        return self.low <= truth <= self.high


def evaluate(
    log: LoggedRounds,
    policy: Float64Array,
    config: OffPolicyConfig | None = None,
    expected: Float64Array | None = None,
) -> dict[Method, Estimate]:
    """The value of a policy by each method.

    policy: float64 (n, n_actions), its chance of each action in each round. expected: what `expected_rewards` gave, for
    those who judge several policies; found out when None. Raises `UnusableLog` when the policy's shape is another or
    its rows do not sum to 1.
    """
    config = config or OffPolicyConfig()
    _check(log, policy)
    each = np.arange(len(log))
    whole = weighting.ratios(policy[each, log.actions], log.propensities)
    supported = (policy * _was_ever_done(log)[log.positions]).sum(axis=1)
    found = from_weights(log.rewards, whole, log.clusters, config, supported)
    if expected is None:
        expected = expected_rewards(log, config)
    by_model = (policy * expected).sum(axis=1)
    weights = weighting.cut(whole, config.largest_weight, config.shrinkage)
    corrected = by_model + weights * (log.rewards - expected[each, log.actions])
    ones, confidence = np.ones(len(log)), config.intervals()
    in_doubt = found[Method.IPS].cautions
    by_model_alone = intervals.of_ratio(by_model, ones, log.clusters, confidence)
    found[Method.DM] = _estimate(Method.DM, by_model_alone, ones, (Caution.MODEL_ALONE,))
    doubly = intervals.of_ratio(corrected, ones, log.clusters, confidence)
    found[Method.DR] = _estimate(Method.DR, doubly, weights, in_doubt)
    return found


def expected_rewards(log: LoggedRounds, config: OffPolicyConfig) -> Float64Array:
    """The model of rewards, float64 (n, n_actions), which is the same for all policies."""
    return reward_model.predictions(log, config.folds, config.prior_rounds, config.seed)


def from_weights(
    rewards: Float64Array,
    whole: Float64Array,
    clusters: IntArray,
    config: OffPolicyConfig,
    supported: Float64Array | None = None,
) -> dict[Method, Estimate]:
    """The value by importance weights alone, ips and snips.

    rewards, whole: float64 (n,), the weights not yet cut. supported: as `weighting.cautions` has it.
    """
    weights = weighting.cut(whole, config.largest_weight, config.shrinkage)
    doubts = weighting.cautions(weights, whole, clusters, supported)
    confidence = config.intervals()
    plain = intervals.of_ratio(weights * rewards, np.ones(len(rewards)), clusters, confidence)
    normalised = intervals.of_ratio(weights * rewards, weights, clusters, confidence)
    return {
        Method.IPS: _estimate(Method.IPS, plain, weights, doubts),
        Method.SNIPS: _estimate(Method.SNIPS, normalised, weights, doubts),
    }


def on_policy(log: LoggedRounds, config: OffPolicyConfig | None = None) -> Interval:
    """The mean reward of the logged policy itself, with its interval."""
    confidence = (config or OffPolicyConfig()).intervals()
    return intervals.of_ratio(log.rewards, np.ones(len(log)), log.clusters, confidence)


def _estimate(method: Method, interval: Interval, weights: Float64Array, doubts: tuple[Caution, ...]) -> Estimate:
    size = weighting.effective_size(weights)
    return Estimate(method, interval.value, interval.error, interval.low, interval.high, size, len(weights), doubts)


def _check(log: LoggedRounds, policy: Float64Array) -> None:
    if policy.shape != (len(log), log.n_actions):
        raise UnusableLog(f"A policy of shape {(len(log), log.n_actions)} is needed, not {policy.shape}.")
    if policy.min() < 0 or np.abs(policy.sum(axis=1) - 1).max() > SUM_TOLERANCE:
        raise UnusableLog("The chances of a policy must be 0 or more and sum to 1 in each round.")


def _was_ever_done(log: LoggedRounds) -> Float64Array:
    """Whether an action was chosen at a place at all, 0 or 1; float64 (n_positions, n_actions)."""
    done = np.zeros((log.n_positions, log.n_actions))
    done[log.positions, log.actions] = 1
    return done
