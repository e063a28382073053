"""Checking off-policy evaluation where the truth is known: two policies were logged on the same people at once.

The value of each is estimated from the log of the other, and compared with the mean that it really had.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from recommend.datasets.open_bandit import BanditLog, campaigns, read_log
from recommend.datasets.records import OnBroken, OnProgress
from recommend.exploration.logged import Float64Array, LoggedRounds
from recommend.exploration.off_policy import Estimate, OffPolicyConfig, evaluate, on_policy

CLICK_RATES = OffPolicyConfig(lowest=0.0, highest=1.0)


class PolicyEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """The click rate of a policy, estimated from another one's log, beside its true mean.

    low, high: the 95 % interval. truth: the mean of the policy's own log, itself of so many rounds only, as its
    interval truth_low to truth_high says. contains_truth: whether low <= truth <= high.
    """

    campaign: str
    policy: str
    log: str
    method: str
    value: float
    low: float
    high: float
    standard_error: float
    effective_rounds: float
    rounds: int
    truth: float
    truth_low: float
    truth_high: float
    contains_truth: bool
    cautions: list[str]


@dataclass(frozen=True)
class _Both:
    uniform: BanditLog
    thompson: BanditLog


def evaluate_folder(
    directory: Path,
    config: OffPolicyConfig = CLICK_RATES,
    on_broken: OnBroken = lambda broken: None,
    on_progress: OnProgress = lambda file, done, total: None,
) -> list[PolicyEstimate]:
    """Estimates of both policies by every method, for each campaign of a folder. Raises `DatasetError`."""
    found: list[PolicyEstimate] = []
    for campaign in campaigns(directory):
        both = _Both(*(read_log(directory, policy, campaign, on_broken, on_progress) for policy in ("random", "bts")))
        uniform, thompson = _rounds(both)
        chances = _frequencies(thompson)[uniform.positions]
        found += _estimates(campaign, ("bts", "random"), uniform, chances, thompson, config)
        evenly = np.full((len(thompson), thompson.n_actions), 1 / thompson.n_actions)
        found += _estimates(campaign, ("random", "bts"), thompson, evenly, uniform, config)
    return found


def _rounds(both: _Both) -> tuple[LoggedRounds, LoggedRounds]:
    """Both logs with the same numbering of items and features."""
    logs = (both.uniform, both.thompson)
    n_items = 1 + max(int(log.items.max()) for log in logs)
    words = sorted({(place, word) for log in logs for row in log.features for place, word in enumerate(row)})
    column_of = {word: column for column, word in enumerate(words)}

    def features(log: BanditLog) -> Float64Array:
        table = np.zeros((len(log.items), len(words)))
        for number, row in enumerate(log.features):
            table[number, [column_of[each] for each in enumerate(row)]] = 1
        return table

    uniform, thompson = (
        LoggedRounds(log.items, log.clicks, log.propensities, n_items, features(log), log.positions) for log in logs
    )
    return uniform, thompson


def _frequencies(log: LoggedRounds) -> Float64Array:
    """How often each item was chosen at each place, float64 (n_positions, n_actions), rows summing to 1.

    Bernoulli Thompson sampling looks at no features, so that its chance depends on place and time alone; over all of
    the log it is on average what it was seen to do. (The Open Bandit Pipeline draws the same averages from the
    policy's prior instead.)
    """
    counts = np.zeros((log.n_positions, log.n_actions))
    np.add.at(counts, (log.positions, log.actions), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _estimates(
    campaign: str,
    names: tuple[str, str],
    log: LoggedRounds,
    policy: Float64Array,
    own: LoggedRounds,
    config: OffPolicyConfig,
) -> list[PolicyEstimate]:
    truth = on_policy(own, config)

    def told(estimate: Estimate) -> PolicyEstimate:
        return PolicyEstimate(
            campaign=campaign,
            policy=names[0],
            log=names[1],
            method=str(estimate.method),
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            standard_error=estimate.error,
            effective_rounds=estimate.effective_size,
            rounds=estimate.rounds,
            truth=truth.value,
            truth_low=truth.low,
            truth_high=truth.high,
            contains_truth=estimate.holds(truth.value),
            cautions=[str(caution) for caution in estimate.cautions],
        )

    return [told(estimate) for estimate in evaluate(log, policy, config).values()]
