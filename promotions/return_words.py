"""What a batch brought, in one sentence."""

from django.utils.translation import gettext as _

from crossmarket.foundation.money import in_words as money
from profiles.experimentation.comparison import FEWEST_DIFFERENT, FEWEST_PERSONS
from promotions.returns import Certainty, Return


def return_words(found: Return, currency: str) -> str:
    """The sentence, in the active language."""
    gain = found.margin
    if gain.low is None or gain.high is None:
        words = _(
            "Too few people to tell yet: %(persons)d have to have met the coupons, and as many been held out, "
            "and %(buyers)d of each have to have bought something."
        )
        return words % {"persons": FEWEST_PERSONS, "buyers": FEWEST_DIFFERENT}
    told = {"gain": _signed(gain.difference, currency), "low": _signed(gain.low, currency)}
    told["high"] = _signed(gain.high, currency)
    return {
        Certainty.MORE: _("The coupons brought %(gain)s more margin per person, between %(low)s and %(high)s."),
        Certainty.LESS: _("The coupons lost margin: %(gain)s per person, between %(low)s and %(high)s."),
        Certainty.UNDECIDED: _(
            "The coupons brought %(gain)s of margin per person, between %(low)s and %(high)s: not certain yet."
        ),
    }[found.certainty] % told


def _signed(amount: float, currency: str) -> str:
    shown = money(abs(round(amount)), currency)
    return f"−{shown}" if round(amount) < 0 else shown
