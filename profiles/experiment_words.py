"""What came of an experiment, in a sentence for each arm."""

import math

from django.utils.translation import gettext as _

from profiles.experiment_results import ArmResult, Results, Verdict
from profiles.experimentation.comparison import FEWEST_DIFFERENT, FEWEST_PERSONS, Comparison
from profiles.holdout import AgainstHoldout


def verdict_words(results: Results, result: ArmResult) -> str:
    """What can be said of this arm beside the control, as a sentence; empty for the control itself."""
    if result.series is None:
        return ""
    names = {"arm": str(result.arm), "control": str(results.arms[0].arm)}
    if result.verdict == Verdict.TOO_FEW:
        told = {**names, "persons": FEWEST_PERSONS, "different": FEWEST_DIFFERENT}
        return (
            _(
                "%(arm)s: not enough people yet. In each arm %(persons)d have to be measured, "
                "and %(different)d of them must have done what counts."
            )
            % told
        )
    low, high = _bounds(result.series)
    if result.verdict == Verdict.MORE:
        return _("%(arm)s does better than %(control)s: %(low)s to %(high)s more.") % {
            **names,
            "low": amount(low, result.series),
            "high": amount(high, result.series),
        }
    if result.verdict == Verdict.LESS:
        return _("%(arm)s does worse than %(control)s: %(low)s to %(high)s less.") % {
            **names,
            "low": amount(-high, result.series),
            "high": amount(-low, result.series),
        }
    return _("%(arm)s and %(control)s cannot be told apart yet: the difference is between %(low)s and %(high)s.") % {
        **names,
        "low": amount(low, result.series),
        "high": amount(high, result.series),
    }


def holdout_words(answer: AgainstHoldout) -> str:
    """What everything that is tried comes to, as a sentence about the latest period."""
    if not 0 < answer.share < 1:
        return _("Nobody is held out: the setting HOLDOUT_SHARE says how many shall be.")
    if answer.began is None:
        return _("No experiment that leaves the holdout alone has started yet.")
    if answer.series is None:
        return _("The first 28 days are not over yet.")
    if answer.verdict == Verdict.TOO_FEW:
        words = _(
            "Not enough people: inside and outside the holdout there have to be %(persons)d, "
            "%(different)d of whom did what is asked."
        )
        return words % {"persons": FEWEST_PERSONS, "different": FEWEST_DIFFERENT}
    return _beside_the_holdout(answer.series, answer.verdict)


def _beside_the_holdout(series: Comparison, verdict: Verdict) -> str:
    words = {
        Verdict.MORE: _("What is tried does good: %(low)s to %(high)s more than in the holdout."),
        Verdict.LESS: _("What is tried does harm: %(low)s to %(high)s less than in the holdout."),
        Verdict.UNDECIDED: _("No difference to the holdout can be told: it is between %(low)s and %(high)s."),
    }
    low, high = _bounds(series)
    if verdict == Verdict.LESS:
        low, high = -high, -low
    return words[verdict] % {"low": amount(low, series), "high": amount(high, series)}


def is_relative(series: Comparison) -> bool:
    """Whether there is a lift to tell of, in percent; otherwise the difference itself is told."""
    return bool(series.lift_low.size) and not math.isnan(series.lift_low[-1])


def amount(value: float, series: Comparison) -> str:
    """A bound in percent, or in units of the outcome where there is no lift."""
    return f"{_shortened(100 * value)} %" if is_relative(series) else _shortened(value)


def _bounds(series: Comparison) -> tuple[float, float]:
    low, high = (series.lift_low, series.lift_high) if is_relative(series) else (series.low, series.high)
    return float(low[-1]), float(high[-1])


def _shortened(value: float) -> str:
    """Whole from 10 on, one place below, and three that count below 1; with a true minus sign."""
    size = abs(value)
    text = f"{size:,.0f}" if size >= 10 else f"{size:.1f}" if size >= 1 else f"{size:.2g}"
    return f"−{text}" if value < 0 else text
