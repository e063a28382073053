"""The best that anybody could tell of a demo person's tier of spending: Bayes' rule with the generator's own formulas.

It knows what no model can know: how each tier is drawn to courses and buys, each person's true taste, each course's
true appeal and quality, the shares of the tiers. Unknown are the tier, and how much the person minds prices, which is
averaged over. Who finds as many tiers as this has found all that looks and purchases tell.
"""

from dataclasses import dataclass

import numpy as np

from crossmarket.demo.behaviour import chance_of_buying
from crossmarket.demo.courses import DAY
from crossmarket.demo.looks import ANY_SHARE, CANDIDATES, NEIGHBOUR_SHARE, POPULAR_SHARE, attraction, taste_match
from crossmarket.demo.people import MINDING_SPREAD, SPENDING_TIERS, TIER_MINDING, TIER_SHARES
from crossmarket.demo.shelves import Shelves
from crossmarket.demo.topics import TOPIC_CATEGORY, TOPICS
from crossmarket.demo.world import DemoWorld

DRAWS = 200
"""So many times the other courses that came before the eyes are drawn, to average over them."""
PERIODS = 4
"""Courses age while the world goes on: what was beside them is drawn for so many parts of its time."""
MINDING_NODES = 5
SOON = 121
"""A purchase comes within so many seconds of its look."""


@dataclass(frozen=True)
class _Views:
    """Courses looked at; arrays of shape (views,). who: the subject; paid: when they bought it, or -1."""

    who: np.ndarray
    person: np.ndarray
    course: np.ndarray
    time: np.ndarray
    paid: np.ndarray


def best_guesses(world: DemoWorld, subject_of_account: np.ndarray) -> np.ndarray:
    """The likeliest tier of each subject, shape (subjects,), by all that their accounts were seen to do.

    subject_of_account: shape (accounts,), -1 for an account that is not looked at.
    """
    views = _views(world, subject_of_account)
    nodes, weights = np.polynomial.hermite_e.hermegauss(MINDING_NODES)
    log_likelihood = np.zeros((int(subject_of_account.max()) + 1, len(SPENDING_TIERS), MINDING_NODES))
    chances = _Chances(world, views)
    for tier in range(len(SPENDING_TIERS)):
        for node, far in enumerate(nodes):
            minding = float(TIER_MINDING[tier] * np.exp(MINDING_SPREAD * far))
            told = chances.of_looking(tier, minding) + chances.of_buying_or_not(tier, minding)
            log_likelihood[:, tier, node] = np.bincount(views.who, told, len(log_likelihood))
    likeliest = log_likelihood.max(axis=(1, 2), keepdims=True)
    joint = (np.exp(log_likelihood - likeliest) * weights).sum(axis=2) * np.array(TIER_SHARES)
    return joint.argmax(axis=1)


class _Chances:
    """Logarithms of the chances of what was seen, shape (views,), were the person of some tier."""

    def __init__(self, world: DemoWorld, views: _Views) -> None:
        self._courses, self._views = world.courses, views
        rng = np.random.default_rng(0)
        self._beside = _Beside(world, rng, views)
        self._match = taste_match(world.planted, world.courses, views.person, views.course)
        self._age = (views.time - world.courses.published_at[views.course]) / DAY
        self._ways = _chances_of_ways(world, views)

    def of_looking(self, tier: int, minding: float) -> np.ndarray:
        price = self._courses.price[self._views.course]
        own = np.exp(attraction(tier, minding, price, self._age))
        chance = np.zeros(len(own))
        for way, others in enumerate(self._beside.attractions(self._courses.price, tier, minding)):
            for situation, rows in self._beside.rows:
                chosen = own[rows, None] / (own[rows, None] + others[situation])
                chance[rows] += self._ways[rows, way] * CANDIDATES * chosen.mean(axis=1)
        return np.log(chance)

    def of_buying_or_not(self, tier: int, minding: float) -> np.ndarray:
        views = self._views
        price, quality = self._courses.price[views.course], self._courses.quality[views.course]
        chance = chance_of_buying(tier, minding, price, self._match, quality)
        is_bought = (views.paid >= views.time) & (views.paid <= views.time + SOON)
        is_open = (price > 0) & ((views.paid < 0) | (views.time <= views.paid))
        told = np.log(np.where(is_bought, chance, 1.0 - chance), out=np.zeros(len(chance)), where=is_open)
        return np.asarray(told)


class _Beside:
    """Other courses that might have come before the eyes, drawn for each situation: a shelf at a time.

    rows: each situation with the views in it.
    """

    def __init__(self, world: DemoWorld, rng: np.random.Generator, views: _Views) -> None:
        courses = world.courses
        platform, topic = courses.platform[views.course].astype(np.int64), courses.topic[views.course]
        start, width = views.time.min(), (np.ptp(views.time) + 1) / PERIODS
        situation = (platform * len(TOPICS) + topic) * PERIODS + ((views.time - start) / width).astype(np.int64)
        kinds, number = np.unique(situation, return_inverse=True)
        order = np.argsort(number, kind="stable")
        self.rows = list(enumerate(np.split(order, np.cumsum(np.bincount(number))[:-1])))
        shape = (len(kinds), DRAWS, CANDIDATES - 1)
        on, of = (np.broadcast_to(each[:, None, None], shape).ravel() for each in self._shelf(kinds))
        shelves = Shelves(courses, rng)
        drawn = (shelves.on_topic(rng, on, of), shelves.popular(rng, on), shelves.any(rng, on))
        self._course = [each.reshape(shape) for each in drawn]
        middle = start + (kinds % PERIODS + 0.5) * width
        self._age = [(middle[:, None, None] - courses.published_at[each]) / DAY for each in self._course]

    def attractions(self, price: np.ndarray, tier: int, minding: float) -> list[np.ndarray]:
        """How much the others draw such a person, all together: for each way an array (situations, draws)."""
        pairs = zip(self._course, self._age, strict=True)
        return [np.exp(attraction(tier, minding, price[course], age)).sum(axis=2) for course, age in pairs]

    @staticmethod
    def _shelf(kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return kinds // PERIODS // len(TOPICS), kinds // PERIODS % len(TOPICS)


def _views(world: DemoWorld, subject_of_account: np.ndarray) -> _Views:
    events = world.events
    seen, bought = (
        each[subject_of_account[events.account[each]] >= 0] for each in map(events.of_type, ("view", "purchase"))
    )
    width = len(world.courses)
    pair_bought = world.accounts.person[events.account[bought]] * width + events.course[bought]
    order = np.argsort(pair_bought)
    pair_seen = world.accounts.person[events.account[seen]] * width + events.course[seen]
    at = np.searchsorted(pair_bought[order], pair_seen).clip(max=len(order) - 1)
    paid = np.where(pair_bought[order][at] == pair_seen, events.time[bought][order][at], -1)
    account = events.account[seen]
    return _Views(
        subject_of_account[account], world.accounts.person[account], events.course[seen], events.time[seen], paid
    )


def _chances_of_ways(world: DemoWorld, views: _Views) -> np.ndarray:
    """How likely one thing before the eyes is this course, by topic, as a hit and by chance: shape (views, 3)."""
    courses = world.courses
    topic, platform = courses.topic[views.course], courses.platform[views.course].astype(np.int64)
    of_category = world.planted.category_taste()[views.person, courses.category[views.course]]
    neighbours = np.bincount(TOPIC_CATEGORY)[TOPIC_CATEGORY[topic]]
    own = world.planted.taste[views.person, topic]
    in_mind = (1.0 - NEIGHBOUR_SHARE) * own + NEIGHBOUR_SHARE * of_category / neighbours
    shelf = courses.platform.astype(np.int64) * len(TOPICS) + courses.topic
    appeal = courses.appeal[views.course]
    on_shelf = np.bincount(shelf, courses.appeal)[shelf[views.course]]
    on_platform = np.bincount(courses.platform, courses.appeal)[platform]
    return np.stack(
        [
            (1.0 - POPULAR_SHARE - ANY_SHARE) * in_mind * appeal / on_shelf,
            POPULAR_SHARE * appeal / on_platform,
            ANY_SHARE / np.bincount(courses.platform)[platform],
        ],
        axis=1,
    )
