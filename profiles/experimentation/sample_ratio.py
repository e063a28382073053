"""Whether the arms' sizes are what the split promised; if not, something lost persons, and no result can be trusted."""

from collections.abc import Sequence

from scipy.stats import chisquare

SUSPICIOUS = 0.001
"""Below this p-value sizes are called wrong; strict, because one looks at many experiments many times."""


def sample_ratio_p(persons: Sequence[int], weights: Sequence[float]) -> float:
    """How probable sizes at least as far off are, if persons are split by the weights (chi-square test); 1 for nobody.

    Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
    persons, weights: one number for each arm, in the same order.
    """
    total = sum(persons)
    if total == 0 or len(persons) < 2:
        return 1.0
    expected = [total * weight / sum(weights) for weight in weights]
    return float(chisquare(persons, expected).pvalue)
