"""What another way of exploring would have brought a slot, from the answers that it gave.

Two questions are asked of the log. *What would have stood at the places that were tried, and what would it have
brought?* There, every source's proposal was noted with its chance, so that any choice among them can be judged: a
source alone, or the proposal that a model likes best. *What would another share of explored places have brought all
places?* For this, whole lists are weighed, and nothing is assumed of how places depend on one another.

Rates are of clicks, or whatever else followed, for each place shown. Intervals treat each person as one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from django.utils import timezone

from recommend.exploration import off_policy, slates
from recommend.exploration.drawing import RANKED
from recommend.exploration.intervals import Interval
from recommend.exploration.logged import Float64Array, LoggedRounds
from recommend.exploration.off_policy import Estimate, Method, OffPolicyConfig
from recommend.exploration.situations import situated
from recommend.exploration.slates import Assumption
from recommend.exploring.notes import Tried
from recommend.exploring.outcomes import WAIT, Outcome, draws, outcomes
from recommend.serving.arms import ARMS

MOST_ANSWERS = 5_000
PERIOD = timedelta(days=28)
SHARES = (0.0, 0.05, 0.1, 0.2, 0.4)
RATES = OffPolicyConfig(lowest=0.0, highest=1.0)


@dataclass(frozen=True, eq=False)
class Trials:
    """The places of a slot that were tried: rounds whose actions are arms, and what each arm proposed in each.

    proposals: by round and arm, the course; arms that had nothing to propose are missing. times: of the answers.
    """

    rounds: LoggedRounds
    proposals: list[dict[str, int]]
    chances: list[dict[str, float]]
    times: list[datetime]

    @cached_property
    def expected(self) -> Float64Array:
        """What a model of rewards expects of every arm in every round, float64 (n, arms)."""
        return off_policy.expected_rewards(self.rounds, RATES)

    def latest(self, most: int) -> "Trials":
        """The last `most` of them."""
        log = self.rounds
        rounds = LoggedRounds(
            *(log.actions[-most:], log.rewards[-most:], log.propensities[-most:], log.n_actions),
            *(log.features[-most:], log.positions[-most:], log.clusters[-most:]),
        )
        return Trials(rounds, self.proposals[-most:], self.chances[-most:], self.times[-most:])

    def always(self, arm: str) -> Float64Array:
        """The policy of one arm alone, float64 (n, arms); where it has nothing to propose, what is ranked next."""
        policy = np.zeros((len(self.proposals), len(ARMS)))
        for row, proposed in enumerate(self.proposals):
            policy[row, ARMS.index(arm if arm in proposed else RANKED)] = 1
        return policy

    def showing(self, courses: Sequence[int]) -> Float64Array:
        """The policy that shows these courses, float64 (n, arms): by any arm that proposes them.

        courses: one for each round, among those proposed in it.
        """
        policy = np.zeros((len(self.proposals), len(ARMS)))
        for row, (proposed, course) in enumerate(zip(self.proposals, courses, strict=True)):
            by = [arm for arm, each in proposed.items() if each == course]
            total = sum(self.chances[row][arm] for arm in by)
            for arm in by:
                policy[row, ARMS.index(arm)] = self.chances[row][arm] / total
        return policy


@dataclass(frozen=True, eq=False)
class Judged:
    """What the log of a slot tells. rate, at_tried: of all places, and of those that were tried, as they were.

    sources: how often each arm was drawn, and by the doubly robust estimate what it would have brought alone.
    shares: what other shares would have brought all places, by the self-normalised estimate. since: the first answer.
    """

    since: datetime
    answers: int
    people: int
    rate: Interval
    at_tried: Interval | None
    trials: Trials | None
    sources: dict[str, tuple[int, Estimate]]
    shares: dict[float, Estimate]


def judge(platform_id: int, placement: str, now: datetime | None = None) -> Judged | None:
    """What the latest answers of a slot tell, of four weeks and `MOST_ANSWERS` at most; None when there are none."""
    until = (now or timezone.now()) - WAIT
    found = outcomes(until - PERIOD, until, MOST_ANSWERS, (platform_id, placement), latest=True)
    told = [(outcome, tried) for outcome, tried in draws(found) if outcome.course_ids]
    if not told:
        return None
    rewards, propensities, there = _lists(told)
    people = np.array([outcome.account_id for outcome, _tried in told])
    cells = there.astype(bool)
    rate = _mean(rewards[cells], np.broadcast_to(people[:, None], there.shape)[cells])
    trials = trials_of(told)
    return Judged(
        told[0][0].created_at,
        len(told),
        len(set(people.tolist())),
        rate,
        None if trials is None else off_policy.on_policy(trials.rounds, RATES),
        trials,
        {} if trials is None else _by_source(trials),
        {share: _of_share(share, told, rewards, propensities, there, people) for share in SHARES},
    )


def trials_of(told: Sequence[tuple[Outcome, Tried]]) -> Trials | None:
    """The places that were tried in these answers; None when there are none."""
    rows = [
        (outcome, tried, each)
        for outcome, tried in told
        for each in tried.places
        if each.arm in ARMS and RANKED in each.proposals and each.place < len(outcome.course_ids)
    ]
    if not rows:
        return None
    rounds = LoggedRounds(
        np.array([ARMS.index(each.arm) for _outcome, _tried, each in rows]),
        np.array([float(outcome.course_ids[each.place] in outcome.followed) for outcome, _tried, each in rows]),
        np.array([each.proposals[each.arm][1] for _outcome, _tried, each in rows]),
        len(ARMS),
        np.array([_features(outcome, tried) for outcome, tried, _each in rows]),
        np.array([each.place for _outcome, _tried, each in rows]),
        np.array([outcome.account_id for outcome, _tried, _each in rows]),
    )
    return Trials(
        rounds,
        [{arm: course for arm, (course, _chance) in each.proposals.items()} for _outcome, _tried, each in rows],
        [{arm: chance for arm, (_course, chance) in each.proposals.items()} for _outcome, _tried, each in rows],
        [outcome.created_at for outcome, _tried, _each in rows],
    )


def estimate(trials: Trials, policy: Float64Array) -> Mapping[Method, Estimate]:
    """What any policy over the arms, float64 (n, arms), would have brought at the tried places, by every method."""
    return off_policy.evaluate(trials.rounds, policy, RATES, trials.expected)


def _by_source(trials: Trials) -> dict[str, tuple[int, Estimate]]:
    drawn = np.bincount(trials.rounds.actions, minlength=len(ARMS))
    return {
        arm: (int(drawn[number]), estimate(trials, trials.always(arm))[Method.DR])
        for number, arm in enumerate(ARMS)
        if drawn[number]
    }


def _features(outcome: Outcome, tried: Tried) -> Float64Array:
    """Without the first column, which is 1 for all: the model of rewards has a mean of its own."""
    device, hour = str(outcome.context.get("device", "")), int(outcome.context.get("hour", 0))
    found: Float64Array = situated(device, hour, tried.known).features()[1:]
    return found


def _lists(told: Sequence[tuple[Outcome, Tried]]) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Rewards, propensities, and whether there is such a place, each float64 (lists, places)."""
    places = max(len(outcome.course_ids) for outcome, _tried in told)
    rewards, there = np.zeros((len(told), places)), np.zeros((len(told), places))
    propensities = np.ones((len(told), places))
    for row, (outcome, _tried) in enumerate(told):
        size = len(outcome.course_ids)
        there[row, :size] = 1
        rewards[row, :size] = [course in outcome.followed for course in outcome.course_ids]
        propensities[row, :size] = outcome.propensities
    return rewards, propensities, there


def _of_share(
    share: float,
    told: Sequence[tuple[Outcome, Tried]],
    rewards: Float64Array,
    propensities: Float64Array,
    there: Float64Array,
    people: np.ndarray,
) -> Estimate:
    """What another share would have brought all places, the sources' chances being as they were.

    A course's chance is (1 - e) [it is ranked next] + e g; so g, its chance where the place is explored, follows from
    what was noted, and with it the chance under any other e.
    """
    ratios = np.ones_like(propensities)
    for row, (outcome, tried) in enumerate(told):
        size = len(outcome.course_ids)
        is_next = np.ones(size)
        for each in tried.places:
            if each.place < size and RANKED in each.proposals:
                is_next[each.place] = each.proposals[RANKED][0] == outcome.course_ids[each.place]
        noted = propensities[row, :size]
        when_explored = (noted - (1 - tried.share) * is_next) / tried.share
        ratios[row, :size] = ((1 - share) * is_next + share * when_explored) / noted
    ratios = np.maximum(ratios, 0.0)
    return slates.evaluate(rewards, ratios, there, people, Assumption.WHOLE, RATES)[Method.SNIPS]


def _mean(rewards: Float64Array, people: np.ndarray) -> Interval:
    ones = np.ones(len(rewards))
    rounds = LoggedRounds(np.zeros(len(rewards), np.int64), rewards, ones, 1, clusters=people)
    return off_policy.on_policy(rounds, RATES)
