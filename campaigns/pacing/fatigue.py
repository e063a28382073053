"""How tired of messages somebody is, from what became of those that they got.

Each message is welcome or not; how welcome the next one would be is the mean of a Beta distribution that begins with
what people are like in general and counts what this person did, old messages less than new ones (discounting as in
West and Harrison, "Bayesian Forecasting and Dynamic Models", 1997, chapter 2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

HALF_LIFE_DAYS = 30.0
CALM = 0.1
"""Up to this fatigue people get as many messages as the caps allow. Chosen, with the prior, on made-up people
(`benchmarks/fatigue.py`) of other seeds than those that it is judged on.
"""
LEAST = 0.1
"""Of the caps, what is left to those who are most tired."""


class Reaction(Enum):
    """What somebody did with a message: evidence for it having been (welcome, unwelcome)."""

    OPENED = (1.0, 0.0)
    IGNORED = (0.0, 0.5)
    DISMISSED = (0.0, 1.0)
    UNSUBSCRIBED = (0.0, 4.0)


@dataclass(frozen=True)
class Outcome:
    """What became of one message, and how many days ago it was sent."""

    reaction: Reaction
    days_ago: float


@dataclass(frozen=True)
class Prior:
    """What is expected of somebody of whom nothing is known: so many welcome and unwelcome messages.

    More unwelcome than welcome ones: whoever is new is written to gently, until they show that they like it.
    """

    welcome: float = 2.0
    unwelcome: float = 4.0


def fatigue(outcomes: Iterable[Outcome], prior: Prior | None = None) -> float:
    """The probability (0 to 1) that the next message would be unwelcome."""
    prior = prior or Prior()
    welcome, unwelcome = prior.welcome, prior.unwelcome
    for outcome in outcomes:
        weight = 0.5 ** (max(0.0, outcome.days_ago) / HALF_LIFE_DAYS)
        for_it, against_it = outcome.reaction.value
        welcome += weight * for_it
        unwelcome += weight * against_it
    return unwelcome / (welcome + unwelcome)


def share_of_cap(tired: float) -> float:
    """How much of the caps is left for somebody so tired: all up to `CALM`, then less and less, down to `LEAST`."""
    if tired <= CALM:
        return 1.0
    return max(LEAST, 1.0 - (tired - CALM) / (1.0 - CALM))
