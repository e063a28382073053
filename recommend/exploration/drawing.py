"""Drawing a list: mostly as it was ranked, and here and there what an arm proposes.

From the first place to the last: with a given chance a place is explored. Then one of the arms that have something to
propose is drawn, and its proposal is shown; else what is ranked next. A course is shown once.

The propensity of a place is the chance, over the draws at this place, that just this course stands there, *given the
places before it*: (1 - e) [it is ranked next] + e sum over arms of P(arm) P(the arm proposes it). All of it follows
from what was known before, so it is exact, and the product over the places is the chance of the whole list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

RANKED = "ranked"
"""The arm that proposes what is ranked next anyway."""

Fits = Callable[[int, Sequence[int]], bool]
"""Whether a candidate may follow the ones chosen. What does not fit once must not fit later in the list either."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an arm has: candidates, its best first; or, `at_random`, each as likely as the other."""

    arm: str
    candidates: Sequence[int]
    at_random: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an arm would have shown at an explored place, and how likely the arm was to be drawn."""

    candidate: int
    chance: float


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the list. arm, proposals: where it was explored, which arm was drawn, and all that could have been."""

    candidate: int
    propensity: float
    arm: str = ""
    proposals: Mapping[str, Proposal] | None = None


class _Arm:
    """An offer, of which what has been shown, or fits no more, is passed over."""

    def __init__(self, offer: Offer, chance: float) -> None:
        self.name, self.chance, self.at_random = offer.arm, chance, offer.at_random
        self._candidates = offer.candidates
        self._at, self._end = 0, len(offer.candidates)
        self._left = set(offer.candidates) if offer.at_random else set()

    def is_ready(self, used: set[int], chosen: list[int], fits: Fits | None) -> bool:
        """Whether anything is left to propose."""
        if self.at_random:
            self._left -= used
            if fits is not None:
                self._left = {each for each in self._left if fits(each, chosen)}
            return bool(self._left)
        candidates, at, end = self._candidates, self._at, self._end
        if fits is None and at < end and candidates[at] not in used:
            return True
        while at < end and (candidates[at] in used or (fits is not None and not fits(candidates[at], chosen))):
            at += 1
        self._at = at
        return at < end

    @property
    def first(self) -> int:
        """The best that is left."""
        return self._candidates[self._at]

    def propose(self, at: float) -> int:
        """By a number from 0 to below 1."""
        if not self.at_random:
            return self._candidates[self._at]
        left = [each for each in self._candidates if each in self._left]
        return left[int(at * len(left))]

    def chance_of(self, candidate: int) -> float:
        """That it proposes just this one."""
        if self.at_random:
            return 1 / len(self._left) if candidate in self._left else 0.0
        return 1.0 if candidate == self._candidates[self._at] else 0.0


def draw_list(
    ranked: Sequence[int],
    offers: Sequence[Offer],
    chances: Mapping[str, float],
    shares: Sequence[float],
    seed: int,
    fits: Fits | None = None,
    fixed: Mapping[int, int] | None = None,
) -> list[Place]:
    """A list of `len(shares)` places at most, shorter when fewer are ranked.

    ranked: best first, and all that offers have. chances: of each arm to be drawn; arms that have nothing to propose
    at a place leave theirs to the others in proportion. shares: the chance of each place to be explored. seed: the same
    seed gives the same list. fixed: by place, from 0, the candidate that stands there whatever is drawn.
    """
    draw = Random(seed).random  # noqa: S311 - nobody gains by guessing it
    arms = [_Arm(offer, chances[offer.arm]) for offer in offers if chances.get(offer.arm)]
    next_ranked = _Arm(Offer(RANKED, ranked), chances.get(RANKED, 0.0))
    fixed = fixed or {}
    used: set[int] = set(fixed.values())
    chosen: list[int] = []
    places: list[Place] = []
    for number, share in enumerate(shares):
        drawn = draw(), draw(), draw()  # always three, so that a longer list begins as a shorter one
        if number in fixed:
            places.append(Place(fixed[number], 1.0))
            chosen.append(fixed[number])
            continue
        if not next_ranked.is_ready(used, chosen, fits):
            break
        ready = [arm for arm in arms if arm.is_ready(used, chosen, fits)] if share else []
        if drawn[0] < share:
            place = _explored(next_ranked, ready, share, drawn[1], drawn[2])
        else:
            place = _as_ranked(next_ranked, ready, share)
        places.append(place)
        used.add(place.candidate)
        chosen.append(place.candidate)
    return places


def _as_ranked(ranked: _Arm, ready: list[_Arm], share: float) -> Place:
    candidate = ranked.first
    return Place(candidate, _propensity(candidate, ranked, ready, share))


def _explored(ranked: _Arm, ready: list[_Arm], share: float, which: float, whom: float) -> Place:
    in_question = [ranked, *ready] if ranked.chance else ready
    if not in_question:
        return _as_ranked(ranked, ready, share)
    total = sum(arm.chance for arm in in_question)
    at = which * total
    proposals: dict[str, Proposal] = {}
    drawn = in_question[-1]
    passed = 0.0
    for arm in in_question:
        if passed <= at < passed + arm.chance:
            drawn = arm
        passed += arm.chance
        proposals[arm.name] = Proposal(arm.propose(whom), arm.chance / total)
    candidate = proposals[drawn.name].candidate
    return Place(candidate, _propensity(candidate, ranked, ready, share), drawn.name, proposals)


def _propensity(candidate: int, ranked: _Arm, ready: list[_Arm], share: float) -> float:
    is_next = candidate == ranked.first
    total, by_arms = ranked.chance, ranked.chance if is_next else 0.0
    for arm in ready:
        total += arm.chance
        by_arms += arm.chance * arm.chance_of(candidate)
    if not share or not total:
        return float(is_next)
    return min(1.0, (1 - share) * is_next + share * by_arms / total)
