"""What came of a campaign, in sentences."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from campaigns.results import Results
from crossmarket.foundation.money import in_words as money


def in_words(results: Results, currency: str = "CNY") -> list[str]:
    """The most important first."""
    return list(_sentences(results, currency))


def _sentences(results: Results, currency: str) -> Iterator[str]:
    returned = results.returned
    if returned is None:
        yield _("Nobody is left alone, so nobody can say what people would have done without it.")
    else:
        yield _(
            "Of %(left)d people who had left, %(share)s came back within two weeks; of %(others)d left alone, %(base)s."
        ) % {
            "left": results.had_left[0],
            "share": _percent(returned.first),
            "others": results.had_left[1],
            "base": _percent(returned.second),
        }
        yield from _verdict(results, currency)
    value = results.value
    if value is not None and value.low is not None and value.high is not None:
        yield _("Each person bought for %(difference)s more than those left alone (between %(low)s and %(high)s).") % {
            "difference": money(round(value.difference), currency),
            "low": money(round(value.low), currency),
            "high": money(round(value.high), currency),
        }
    yield _("It gave %(points)d points, and coupons that took %(money)s off.") % {
        "points": results.cost.points,
        "money": money(results.cost.money, currency),
    }


def _verdict(results: Results, currency: str) -> Iterator[str]:
    returned = results.returned
    if returned is None or returned.low is None or returned.high is None:
        yield _("These are too few people to tell whether it brings anybody back.")
        return
    span = {"low": _points(returned.low), "high": _points(returned.high)}
    if not returned.is_certain:
        yield _("Whether it brings people back is not certain: between %(low)s and %(high)s percentage points.") % span
    elif returned.difference < 0:
        yield _("It drives people away: between %(low)s and %(high)s percentage points.") % span
    else:
        yield _("It brings people back: between %(low)s and %(high)s percentage points more.") % span
    if returned.is_certain and results.back:
        yield _("That is about %(people)d people, for %(points)s points and %(money)s each.") % {
            "people": round(results.back),
            "points": f"{results.cost.points / results.back:.0f}",
            "money": money(round(results.cost.money / results.back), currency),
        }


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"


def _points(share: float) -> str:
    return f"{share * 100:+.1f}"
