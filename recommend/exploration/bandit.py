"""A contextual bandit over arms, such as the sources of courses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import msgspec
import numpy as np

from recommend.exploration.logged import Float64Array, IntArray
from recommend.exploration.thompson import chances_of_being_best


class BanditConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of `Bandit`.

    prior_rate, prior_rounds: the reward expected before anything is known, and as by how many rounds; it holds for all
    arms together. prior_spread: by what part of the mean reward arms are expected to differ before they are tried.
    effect_spread: the same for each feature's effect within an arm. least_chance: of each arm in each choice, so that
    all are tried for ever and no importance weight is above its inverse. half_life_days: after how many days what was
    learned counts half; 0 never forgets.
    """

    prior_rate: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.05
    prior_rounds: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    prior_spread: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    effect_spread: Annotated[float, msgspec.Meta(gt=0)] = 0.3
    least_chance: Annotated[float, msgspec.Meta(ge=0, le=0.2)] = 0.05
    half_life_days: Annotated[float, msgspec.Meta(ge=0)] = 30.0


@dataclass(frozen=True)
class ArmStatistics:
    """All that is kept of an arm's rounds.

    squares: float64 (d, d), sum of x x^T; products: float64 (d,), sum of r x; rounds, rewards: their sums. With
    x the features times the chance that the place was looked at at all, and r the reward.
    """

    squares: Float64Array
    products: Float64Array
    rounds: float
    rewards: float


class Bandit:
    """Linear Thompson sampling (Agrawal and Goyal, "Thompson sampling for contextual bandits with linear payoffs",
    ICML 2013): the reward of an arm is a linear function of the features, with a normal prior and a full covariance
    for each arm.

    The prior's mean is the mean reward of all arms; the noise is that of a coin with this mean. Sums are all that is
    kept, so the order of rounds does not matter, and forgetting is a factor. A place that is looked at with the chance
    e only brings e times what it would bring (the position-based model), so its features are multiplied by e.
    """

    def __init__(self, arms: Sequence[str], n_features: int, config: BanditConfig | None = None) -> None:
        self.arms = tuple(arms)
        self.n_features = n_features
        self.config = config or BanditConfig()
        self._statistics = {arm: _nothing(n_features) for arm in self.arms}

    def statistics(self, arm: str) -> ArmStatistics:
        """What is kept of an arm."""
        return self._statistics[arm]

    @property
    def mean_reward(self) -> float:
        """Of all arms together, were every place looked at."""
        config = self.config
        rewards = sum(each.rewards for each in self._statistics.values())
        rounds = sum(each.rounds for each in self._statistics.values())
        rate = (config.prior_rate * config.prior_rounds + rewards) / (config.prior_rounds + rounds)
        return float(min(max(rate, 1e-4), 1 - 1e-4))

    def posterior(self, arm: str) -> tuple[Float64Array, Float64Array]:
        """Mean, float64 (d,), and covariance, float64 (d, d), of the coefficients of an arm. The first one is the
        constant.
        """
        rate, kept = self.mean_reward, self._statistics[arm]
        noise = rate * (1 - rate)
        spreads = np.full(self.n_features, self.config.effect_spread * rate)
        spreads[0] = self.config.prior_spread * rate
        precision = np.diag(spreads**-2) + kept.squares / noise
        covariance = np.linalg.inv(precision).astype(np.float64)
        pull = kept.products / noise
        pull[0] += rate / spreads[0] ** 2
        return covariance @ pull, covariance

    def expected(self, features: Float64Array) -> tuple[Float64Array, Float64Array]:
        """The mean reward of each arm and the deviation of its posterior, each float64 (arms,), for features (d,)."""
        found = [self.posterior(arm) for arm in self.arms]
        means = np.array([features @ mean for mean, _covariance in found])
        deviations = np.sqrt([features @ covariance @ features for _mean, covariance in found])
        return means, deviations

    def chances(self, features: Float64Array) -> dict[str, float]:
        """The chance of each arm to be chosen: that of being the best, but no less than `least_chance`."""
        best = chances_of_being_best(*self.expected(features))
        least = self.config.least_chance
        even = least * len(self.arms)
        mixed = least + (1 - even) * best if even < 1 else np.full(len(self.arms), 1 / len(self.arms))
        return dict(zip(self.arms, (mixed / mixed.sum()).tolist(), strict=True))

    def learn(
        self, arms: IntArray, features: Float64Array, rewards: Float64Array, looked_at: Float64Array | None = None
    ) -> None:
        """Take up rounds: which arm, int64 (n,), with which features (n, d) and reward (n,).

        looked_at: float64 (n,), the chance that the place was looked at; None where each was.
        """
        looked_at = np.ones(len(arms)) if looked_at is None else looked_at
        for number, arm in enumerate(self.arms):
            rows = arms == number
            if not rows.any():
                continue
            seen = features[rows] * looked_at[rows, None]
            known, won = self._statistics[arm], rewards[rows]
            self._statistics[arm] = ArmStatistics(
                known.squares + seen.T @ seen,
                known.products + seen.T @ won,
                known.rounds + float(looked_at[rows].sum()),
                known.rewards + float(won.sum()),
            )

    def forget(self, days: float) -> None:
        """Let what was learned fade as so many days do."""
        if not self.config.half_life_days or days <= 0:
            return
        left = 0.5 ** (days / self.config.half_life_days)
        self._statistics = {
            arm: ArmStatistics(kept.squares * left, kept.products * left, kept.rounds * left, kept.rewards * left)
            for arm, kept in self._statistics.items()
        }

    def document(self) -> dict[str, Any]:
        """What is kept, as plain lists and numbers by arm."""
        return {
            arm: {
                "squares": kept.squares.tolist(),
                "products": kept.products.tolist(),
                "rounds": kept.rounds,
                "rewards": kept.rewards,
            }
            for arm, kept in self._statistics.items()
        }

    def restored(self, document: Mapping[str, Any]) -> Self:
        """Take up what `document` gave; arms that it lacks, or that have other features, begin anew."""
        for arm in self.arms:
            kept = document.get(arm)
            if kept and len(kept["products"]) == self.n_features:
                self._statistics[arm] = ArmStatistics(
                    np.array(kept["squares"]), np.array(kept["products"]), kept["rounds"], kept["rewards"]
                )
        return self


def _nothing(n_features: int) -> ArmStatistics:
    return ArmStatistics(np.zeros((n_features, n_features)), np.zeros(n_features), 0.0, 0.0)
