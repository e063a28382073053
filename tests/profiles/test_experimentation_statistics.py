"""The mathematics of experiments: even and steady splits, honest intervals at every look, sizes that are checked."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chisquare, kstest, norm

from profiles.experimentation.bounds import for_any_look, for_one_look
from profiles.experimentation.comparison import FEWEST_PERSONS, compare
from profiles.experimentation.moments import Moments, estimate
from profiles.experimentation.sample_ratio import SUSPICIOUS, sample_ratio_p
from profiles.experimentation.splitting import choose_arm, is_held_out, uniform

UNITS = range(1, 40_001)
ALPHA = 0.05


def split(weights: dict[str, float], salt: str = "salt") -> list[str]:
    return [choose_arm(salt, unit, weights) for unit in UNITS]


class TestSplitting:
    """A unit's arm follows from the salt and the weights, evenly, and changes no more than it must."""

    def test_hashes_are_evenly_spread(self) -> None:
        assert kstest([uniform("salt", unit) for unit in UNITS], "uniform").pvalue > 0.01

    @pytest.mark.parametrize("weights", [{"a": 1, "b": 1}, {"a": 90, "b": 10}, {"a": 0.5, "b": 0.25, "c": 0.25}])
    def test_arms_get_what_their_weights_promise(self, weights: dict[str, float]) -> None:
        sizes = Counter(split(weights))
        expected = [len(UNITS) * weight / sum(weights.values()) for weight in weights.values()]
        assert chisquare([sizes[name] for name in weights], expected).pvalue > 0.01

    def test_the_same_is_answered_always(self) -> None:
        assert split({"a": 1, "b": 2}) == split({"b": 2, "a": 1})
        assert [choose_arm("0a1b", unit, {"a": 1, "b": 1}) for unit in range(12)] == list("abababbbbbbb")

    def test_another_salt_splits_independently(self) -> None:
        both = Counter(zip(split({"a": 1, "b": 1}), split({"a": 1, "b": 1}, "other")))
        assert chisquare(list(both.values())).pvalue > 0.01

    def test_a_heavier_arm_draws_units_and_nobody_moves_between_the_others(self) -> None:
        before, after = split({"a": 1, "b": 1, "c": 1}), split({"a": 1, "b": 1, "c": 3})
        moved = {(old, new) for old, new in zip(before, after) if old != new}
        assert moved == {("a", "c"), ("b", "c")}

    def test_a_new_arm_only_draws_units_to_itself(self) -> None:
        before, after = split({"a": 1, "b": 2}), split({"a": 1, "b": 2, "c": 1})
        assert {new for old, new in zip(before, after) if old != new} == {"c"}

    @pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": 1, "b": -1}])
    def test_arms_without_weight_are_refused(self, weights: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="weight above 0"):
            choose_arm("salt", 1, weights)

    def test_the_holdout_has_its_share_only_grows_and_is_independent_of_arms(self) -> None:
        small = {unit for unit in UNITS if is_held_out(unit, 0.05)}
        large = {unit for unit in UNITS if is_held_out(unit, 0.1)}
        assert small < large
        assert len(small) / len(UNITS) == pytest.approx(0.05, abs=0.005)
        arms = Counter(arm for unit, arm in zip(UNITS, split({"a": 1, "b": 1})) if unit in large)
        assert chisquare(list(arms.values())).pvalue > 0.01
        assert not any(is_held_out(unit, 0) for unit in UNITS)
        assert all(is_held_out(unit, 1) for unit in UNITS)


def sums(*columns: tuple[np.ndarray, np.ndarray]) -> Moments:
    """Moments of arms at one moment, from (y, x) of each arm's persons."""
    totals = [[len(y), y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum()] for y, x in columns]
    return Moments(*np.array(totals, dtype=float).T[:, :, None])


def no_history(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return y, np.zeros_like(y)


class TestEstimates:
    """Means from sums alone, with history taken out where there is some."""

    def test_without_history_they_are_plain_means_and_variances(self) -> None:
        generator = np.random.default_rng(3)
        a, b = generator.gamma(2, 50, 400), generator.gamma(2, 55, 300)
        estimates = estimate(sums(no_history(a), no_history(b)))
        assert estimates.mean[:, 0] == pytest.approx([a.mean(), b.mean()])
        assert estimates.variance[:, 0] == pytest.approx([a.var(ddof=1), b.var(ddof=1)])
        assert estimates.slope[0] == estimates.reduction[0] == 0

    def test_history_narrows_the_interval_as_much_as_it_explains(self) -> None:
        generator = np.random.default_rng(4)
        x = generator.normal(10, 3, 20_000)
        y = x + generator.normal(0, 1, 20_000)
        estimates = estimate(sums((y[:10_000], x[:10_000]), (y[10_000:] + 0.1, x[10_000:])))
        assert estimates.reduction[0] == pytest.approx(0.9, abs=0.01)
        assert estimates.slope[0] == pytest.approx(1, abs=0.01)
        narrow = compare(estimates, 0, 1, for_one_look(ALPHA))
        wide = compare(estimate(sums(no_history(y[:10_000]), no_history(y[10_000:] + 0.1))), 0, 1, for_one_look(ALPHA))
        assert (narrow.high - narrow.low)[0] < 0.35 * (wide.high - wide.low)[0]
        assert narrow.low[0] < 0.1 < narrow.high[0]

    def test_a_history_that_never_varies_changes_nothing(self) -> None:
        y = np.random.default_rng(5).normal(0, 1, 100)
        estimates = estimate(sums((y[:50], np.full(50, 0.1)), (y[50:], np.full(50, 0.1))))
        assert estimates.mean[:, 0] == pytest.approx([y[:50].mean(), y[50:].mean()])

    def test_nobody_and_a_single_person_have_no_variance(self) -> None:
        estimates = estimate(sums(no_history(np.array([])), no_history(np.array([2.0]))))
        assert np.isnan(estimates.variance).all()
        assert estimates.mean[1, 0] == 2


class TestComparison:
    """Differences and lifts with their intervals."""

    def test_a_single_look_is_the_ordinary_interval(self) -> None:
        generator = np.random.default_rng(6)
        a, b = generator.normal(100, 10, 2_000), generator.normal(103, 10, 2_000)
        answer = compare(estimate(sums(no_history(a), no_history(b))), 0, 1, for_one_look(ALPHA))
        error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        assert answer.difference[0] == pytest.approx(b.mean() - a.mean())
        assert answer.low[0] == pytest.approx(b.mean() - a.mean() - norm.ppf(0.975) * error)
        assert answer.lift_low[0] < 0.03 < answer.lift_high[0]

    @pytest.mark.parametrize("difference", [0.0, 0.02, 0.05])
    def test_lifts_hold_the_truth_as_often_as_promised(self, difference: float) -> None:
        generator, trials = np.random.default_rng(7), 20_000
        doers = np.stack([generator.binomial(1_500, rate, trials) for rate in (0.2, 0.2 + difference)]).astype(float)
        nothing = np.zeros_like(doers)
        estimates = estimate(Moments(np.full_like(doers, 1_500), doers, doers, nothing, nothing, nothing))
        answer = compare(estimates, 0, 1, for_one_look(ALPHA))
        truth = difference / 0.2
        assert np.mean((answer.lift_low <= truth) & (truth <= answer.lift_high)) == pytest.approx(0.95, abs=0.006)
        assert ((answer.lift_low > 0) == (answer.low > 0)).all()

    def test_there_is_no_lift_over_a_control_that_did_nothing(self) -> None:
        answer = compare(estimate(sums(no_history(np.zeros(200)), no_history(np.ones(200)))), 0, 1, for_one_look(ALPHA))
        assert answer.low[0] > 0
        assert np.isnan(answer.lift[0])


Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def _with_history(generator: np.random.Generator, persons: int) -> tuple[np.ndarray, np.ndarray]:
    history = generator.gamma(2, 1, persons)
    return history + generator.normal(size=persons), history


OUTCOMES: dict[str, Draw] = {
    "one in ten buys": lambda generator, persons: no_history((generator.random(persons) < 0.1).astype(float)),
    "few spend, and unevenly": lambda generator, persons: no_history(
        (generator.random(persons) < 0.2) * generator.lognormal(0, 1, persons)
    ),
    "with a history taken out": _with_history,
}


def looks(draw: Draw, generator: np.random.Generator, persons: int, effect: float, share: float = 0.5) -> Moments:
    """What is known after every single person, from the moment on that both arms have the fewest that are needed."""
    is_arm = generator.random(persons) < share
    y, x = draw(generator, persons)
    y = y + effect * is_arm
    columns = (np.ones(persons), y, y * y, x, x * x, x * y)
    grown = np.stack([[np.cumsum(column * ~is_arm), np.cumsum(column * is_arm)] for column in columns])
    first = int(np.argmax(grown[0].min(axis=0) >= FEWEST_PERSONS))
    return Moments(*grown[:, :, first:])


class TestLookingAllTheTime:
    """One may look after every person and stop at the first difference, and is still wrong less often than alpha."""

    TRIALS, PERSONS = 300, 3_000

    @pytest.mark.parametrize("draw", OUTCOMES.values(), ids=OUTCOMES)
    def test_without_an_effect_false_alarms_stay_below_alpha(self, draw: Draw) -> None:
        generator = np.random.default_rng(20_260_201)
        alarms = naive_alarms = 0
        for _trial in range(self.TRIALS):
            estimates = estimate(looks(draw, generator, self.PERSONS, 0.0))
            reach = for_any_look(estimates.persons.sum(axis=0), ALPHA, 2_000)
            honest, naive = compare(estimates, 0, 1, reach), compare(estimates, 0, 1, for_one_look(ALPHA))
            alarms += bool(((honest.low > 0) | (honest.high < 0)).any())
            naive_alarms += bool(((naive.low > 0) | (naive.high < 0)).any())
        assert alarms / self.TRIALS <= ALPHA
        assert naive_alarms / self.TRIALS > 4 * ALPHA  # which is why ordinary intervals are not shown

    def test_uneven_arms_stay_below_alpha_too(self) -> None:
        generator = np.random.default_rng(8)
        alarms = 0
        for _trial in range(self.TRIALS):
            moments = looks(OUTCOMES["one in ten buys"], generator, self.PERSONS, 0.0, share=0.2)
            estimates = estimate(moments)
            answer = compare(estimates, 0, 1, for_any_look(estimates.persons.sum(axis=0), ALPHA, 2_000))
            alarms += bool(((answer.low > 0) | (answer.high < 0)).any())
        assert alarms / self.TRIALS <= ALPHA

    def test_a_true_effect_is_found_and_all_intervals_hold_it(self) -> None:
        generator = np.random.default_rng(9)
        found = missed = 0
        for _trial in range(100):
            estimates = estimate(looks(_with_history, generator, self.PERSONS, 0.2))
            answer = compare(estimates, 0, 1, for_any_look(estimates.persons.sum(axis=0), ALPHA, 2_000))
            found += bool((answer.low > 0).any())
            missed += bool(((answer.low > 0.2) | (answer.high < 0.2)).any())
        assert found / 100 > 0.9
        assert missed / 100 <= ALPHA

    def test_intervals_are_narrowest_in_standard_errors_where_planned(self) -> None:
        persons = np.arange(100.0, 20_000.0)
        assert persons[for_any_look(persons, ALPHA, 2_000).argmin()] == pytest.approx(2_000, rel=0.01)


class TestSampleRatio:
    """Sizes that the weights do not explain are noticed."""

    def test_sizes_as_promised_are_fine(self) -> None:
        assert sample_ratio_p([5_020, 4_980], [1, 1]) > 0.5
        assert sample_ratio_p([9_010, 990], [9, 1]) > 0.5

    def test_a_lost_twentieth_of_ten_thousand_is_noticed(self) -> None:
        assert sample_ratio_p([5_000, 4_600], [1, 1]) < SUSPICIOUS

    def test_nobody_is_no_mismatch(self) -> None:
        assert sample_ratio_p([0, 0], [1, 1]) == 1
