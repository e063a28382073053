"""People who tire of messages, made up: what they feel is known here, and to no policy.

Each person has a patience of their own. Without a word people drift away (`DRIFT` a day); a message that they open
keeps them for a week (`KEPT`). Each message adds to their weariness, which heals with a half-life of some days; the
wearier somebody is of messages, for their patience, the less they open, the more they dismiss, and above a point each
message may be the last.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from campaigns.pacing.fatigue import Outcome, Reaction, fatigue, share_of_cap

DAYS = 90
DRIFT = 0.012
KEPT, KEPT_DAYS = 0.25, 7
HEALS_IN = 6.0
OPENS, DISMISSES = 0.55, 0.3
TOO_MUCH, LAST = 1.5, 0.04
A_WEEK = 5
"""The cap of the policies that write at all."""


@dataclass
class Person:
    """What a policy may know of somebody: when they were written to, and what they did."""

    sent: list[int] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)


Policy = Callable[[Person, int], bool]
"""Whether to write to a person on a day."""


def never(_person: Person, _day: int) -> bool:
    """Nobody is written to."""
    return False


def at_the_cap(person: Person, day: int) -> bool:
    """As often as the cap allows."""
    return sum(each > day - 7 for each in person.sent) < A_WEEK


def aware_of_fatigue(person: Person, day: int) -> bool:
    """As often as the cap allows to somebody so tired, as `campaigns.pacing` has it."""
    known = zip(person.sent, person.reactions, strict=True)
    tired = fatigue(Outcome(reaction, day - sent) for sent, reaction in known if day - sent >= 1)
    share = share_of_cap(tired)
    if not at_the_cap(person, day):
        return False
    return share >= 1 or not person.sent or day - person.sent[-1] >= 7 / (A_WEEK * share)


def kept_by(policy: Policy, people: int, seed: int) -> float:
    """The share of these people who are still there after `DAYS` days under a policy."""
    random = np.random.default_rng(seed)
    patience = random.lognormal(0.3, 0.7, people)
    stays = sum(_stays(policy, float(each), np.random.default_rng((seed, n))) for n, each in enumerate(patience))
    return stays / people


def _stays(policy: Policy, patience: float, random: np.random.Generator) -> bool:
    person, weariness, kept_until = Person(), 0.0, -1
    for day in range(DAYS):
        weariness *= 0.5 ** (1 / HEALS_IN)
        if policy(person, day):
            strain = weariness / patience
            if strain > TOO_MUCH and random.random() < LAST * (strain - TOO_MUCH):
                return False
            is_opened = random.random() < OPENS * np.exp(-strain / 2)
            is_dismissed = random.random() < DISMISSES * (1 - np.exp(-strain / 2))
            reaction = Reaction.OPENED if is_opened else Reaction.DISMISSED if is_dismissed else Reaction.IGNORED
            person.sent.append(day)
            person.reactions.append(reaction)
            weariness += 1
            if is_opened:
                kept_until = day + KEPT_DAYS
        if random.random() < DRIFT * (KEPT if day <= kept_until else 1):
            return False
    return True
