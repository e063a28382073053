"""The traits of a profile that rules may ask about, with their kinds and names in words."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(Enum):
    """What the values of a trait are. A share is a number from 0 to 1, money a whole number of minor units."""

    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"
    WORD = "word"
    TIME = "time"


@dataclass(frozen=True)
class Trait:
    """A trait: the path to it in the JSON of `Profile.traits`, its kind, and, for words, what it can be.

    counts: the trait is a list, and its length is asked about.
    """

    path: tuple[str, ...]
    kind: Kind
    words: Promise
    choices: tuple[tuple[str, Promise], ...] = ()
    counts: bool = False


HABITS = (
    ("night", _("late at night")),
    ("early_morning", _("early in the morning")),
    ("morning", _("in the morning")),
    ("midday", _("at midday")),
    ("afternoon", _("in the afternoon")),
    ("evening", _("in the evening")),
)
TIERS = (("low", _("low")), ("mid", _("middle")), ("high", _("high")))

TRAITS: dict[str, Trait] = {
    "events": Trait(("events",), Kind.NUMBER, _("events")),
    "first_event": Trait(("first_event",), Kind.TIME, _("first event")),
    "last_event": Trait(("last_event",), Kind.TIME, _("last event")),
    "platforms": Trait(("platforms",), Kind.NUMBER, _("number of platforms"), counts=True),
    "completed": Trait(("completed",), Kind.NUMBER, _("courses completed")),
    "completion": Trait(("completion",), Kind.SHARE, _("mean share completed")),
    "breadth": Trait(("breadth",), Kind.NUMBER, _("breadth of interests")),
    "trust": Trait(("trust",), Kind.SHARE, _("trust")),
    "spending.spent": Trait(("spending", "spent"), Kind.MONEY, _("money spent")),
    "spending.orders": Trait(("spending", "orders"), Kind.NUMBER, _("orders")),
    "spending.percentile": Trait(("spending", "percentile"), Kind.SHARE, _("spending percentile")),
    "spending.tier": Trait(("spending", "tier"), Kind.WORD, _("spending tier"), TIERS),
    "spending.price_gap": Trait(("spending", "price_gap"), Kind.NUMBER, _("minding of prices")),
    "spending.free_share": Trait(("spending", "free_share"), Kind.SHARE, _("share of free courses")),
    "rfm.recency_days": Trait(("rfm", "recency_days"), Kind.NUMBER, _("days since the last event")),
    "rfm.frequency": Trait(("rfm", "frequency"), Kind.NUMBER, _("days with an event")),
    "rfm.monetary": Trait(("rfm", "monetary"), Kind.MONEY, _("monetary value")),
    "rfm.recency_score": Trait(("rfm", "recency_score"), Kind.NUMBER, _("recency score")),
    "rfm.frequency_score": Trait(("rfm", "frequency_score"), Kind.NUMBER, _("frequency score")),
    "rfm.monetary_score": Trait(("rfm", "monetary_score"), Kind.NUMBER, _("monetary score")),
    "hours.habit": Trait(("hours", "habit"), Kind.WORD, _("usual time of day"), HABITS),
    "hours.timezone": Trait(("hours", "timezone"), Kind.WORD, _("time zone")),
    "hours.weekend_share": Trait(("hours", "weekend_share"), Kind.SHARE, _("share of visits at weekends")),
}
"""All traits by the names that rules call them."""

OPERATORS: dict[Kind, tuple[str, ...]] = {
    Kind.NUMBER: ("=", "!=", "<", "<=", ">", ">="),
    Kind.SHARE: ("=", "!=", "<", "<=", ">", ">="),
    Kind.MONEY: ("=", "!=", "<", "<=", ">", ">="),
    Kind.WORD: ("=", "!=", "in"),
    Kind.TIME: ("<", "<=", ">", ">="),
}
"""How values of each kind may be compared."""
