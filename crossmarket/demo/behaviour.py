"""What people do with the courses they look at: the events of the demo world."""

import numpy as np

from crossmarket.demo.courses import DAY, Courses
from crossmarket.demo.events import NO_COURSE, EventLog, Events
from crossmarket.demo.looks import Looks, draw_looks, draw_sessions, price_fit
from crossmarket.demo.people import TIER_WILLINGNESS, Accounts, Planted
from crossmarket.demo.topics import TOPICS
from crossmarket.demo.vocabulary import comment_text

SEARCH_SHARE = 0.22
REFUND_SHARE = 0.03
LATEST_COMPLETION_DAYS = 24


def make_events(planted: Planted, accounts: Accounts, courses: Courses, now: int, days: int, seed: int) -> Events:
    """Play the `days` days before `now` and write down what happens on the platforms."""
    rng = np.random.default_rng([seed, 4])
    sessions = draw_sessions(rng, planted, accounts, now, days)
    looks = draw_looks(rng, planted, accounts, courses, sessions)
    log = EventLog()
    _browse(rng, log, looks)
    _search(rng, log, looks, courses)
    _react(rng, log, looks, courses)
    bought = _buy(rng, log, looks, courses, planted)
    finished, finished_at = _finish(rng, log, looks, courses, bought)
    _rate(rng, log, looks, courses, finished, finished_at)
    return log.in_order(seed, until=now)


def first_per_pair(looks: Looks, positions: np.ndarray) -> np.ndarray:
    """Of these looks, the earliest of each person and course, in order of person and course."""
    in_time = positions[np.argsort(looks.time[positions], kind="stable")]
    pair = looks.person[in_time] * (looks.course.max(initial=0) + 1) + looks.course[in_time]
    return in_time[np.unique(pair, return_index=True)[1]]


def _happening(rng: np.random.Generator, chance: np.ndarray | float, count: int) -> np.ndarray:
    """The positions, out of `count`, where something of this chance happens."""
    return np.flatnonzero(rng.random(count) < chance)


def _browse(rng: np.random.Generator, log: EventLog, looks: Looks) -> None:
    """Every look is a view, some come from a click on a list, and a few lists report what they showed."""
    count = len(looks.course)
    log.add("view", looks.account, looks.course, looks.time)
    clicked = _happening(rng, 0.38, count)
    log.add("click", looks.account[clicked], looks.course[clicked], looks.time[clicked] - 2)
    shown = _happening(rng, 0.10, count)
    log.add("impression", looks.account[shown], looks.course[shown], looks.time[shown] - 9)


def _search(rng: np.random.Generator, log: EventLog, looks: Looks, courses: Courses) -> None:
    """Some sessions begin with a search for a topic, a focus or a teacher, and then the course is found."""
    first = np.flatnonzero(np.diff(looks.session, prepend=-1) != 0)
    searching = first[_happening(rng, SEARCH_SHARE, len(first))]
    queries = []
    for course, way in zip(looks.course[searching], rng.random(len(searching)), strict=True):
        by_topic = TOPICS[courses.topic[course]].name
        query = by_topic if way < 0.4 else courses.focus[course] if way < 0.88 else courses.teacher[course]
        queries.append({"query": query})
    nothing = np.full(len(searching), NO_COURSE)
    log.add("search", looks.account[searching], nothing, looks.time[searching] - 20, contexts=queries)


def _react(rng: np.random.Generator, log: EventLog, looks: Looks, courses: Courses) -> None:
    """Likes and shares, once per person and course, the more the better the course is and meets the taste."""
    pleasure = (looks.match + 0.25 * courses.quality[looks.course]).clip(0.0, 1.0)
    for type_name, keenness in (("like", 0.20), ("share", 0.045)):
        reacting = first_per_pair(looks, _happening(rng, keenness * pleasure**1.5, len(pleasure)))
        delay = rng.integers(20, 90, len(reacting))
        log.add(type_name, looks.account[reacting], looks.course[reacting], looks.time[reacting] + delay)


def _buy(rng: np.random.Generator, log: EventLog, looks: Looks, courses: Courses, planted: Planted) -> np.ndarray:
    """Purchases, at most one per person and course, by spending tier, price and taste; a few are refunded.

    Returns the looks that led to a purchase that was kept.
    """
    price = courses.price[looks.course]
    tier, minding = planted.spending[looks.person], planted.price_response[looks.person]
    chance = chance_of_buying(tier, minding, price, looks.match, courses.quality[looks.course])
    bought = first_per_pair(looks, _happening(rng, chance, len(price)))
    paid_at = looks.time[bought] + rng.integers(60, 120, len(bought))
    log.add("purchase", looks.account[bought], looks.course[bought], paid_at, price[bought])

    regret = REFUND_SHARE * 2.0 * (1.0 - looks.match[bought])
    is_refunded = rng.random(len(bought)) < regret
    refunded = bought[is_refunded]
    refunded_at = _days_later(rng, paid_at[is_refunded], 7)
    log.add("refund", looks.account[refunded], looks.course[refunded], refunded_at, price[refunded])
    return bought[~is_refunded]


def chance_of_buying(
    tier: np.ndarray | int, minding: np.ndarray | float, price: np.ndarray, match: np.ndarray, quality: np.ndarray
) -> np.ndarray:
    """The chance that a person of this tier who minds prices so much buys what they look at (price in fen)."""
    willing = TIER_WILLINGNESS[tier]
    log_odds = (
        np.log(willing / (1.0 - willing))
        + price_fit(tier, minding, np.maximum(price, 1)).clip(-6.0, 0.8)
        + 3.0 * (match - 0.6)
        + 0.5 * quality
    )
    return np.where(price > 0, 1.0 / (1.0 + np.exp(-log_odds)), 0.0)


def _finish(
    rng: np.random.Generator, log: EventLog, looks: Looks, courses: Courses, bought: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far people come: bought courses days later, free ones at once. Returns the looks and the times."""
    later = bought[_happening(rng, 0.62, len(bought))]
    free = first_per_pair(looks, np.flatnonzero(courses.price[looks.course] == 0))
    at_once = free[_happening(rng, 0.30 + 0.3 * looks.match[free], len(free))]
    finished = np.concatenate([later, at_once])
    time = np.concatenate(
        [
            _days_later(rng, looks.time[later], LATEST_COMPLETION_DAYS),
            looks.time[at_once] + rng.integers(90, 140, len(at_once)),
        ]
    )
    stamina = 0.8 + 2.6 * looks.match[finished]
    share = np.round(rng.beta(stamina, 1.1), 2)
    log.add("complete", looks.account[finished], looks.course[finished], time, share)
    return finished, time


def _rate(
    rng: np.random.Generator,
    log: EventLog,
    looks: Looks,
    courses: Courses,
    finished: np.ndarray,
    finished_at: np.ndarray,
) -> None:
    """Ratings after learning, in stars that follow taste and quality, and comments in the same mood."""
    rates = _happening(rng, 0.42, len(finished))
    rated, rated_at = finished[rates], finished_at[rates] + rng.integers(30, 80, len(rates))
    enjoyment = 2.3 + 2.6 * looks.match[rated] + 1.2 * courses.quality[looks.course[rated]]
    stars = np.rint(enjoyment + rng.normal(0.0, 0.75, len(rated))).clip(1, 5)
    log.add("rating", looks.account[rated], looks.course[rated], rated_at, stars)

    comments = _happening(rng, 0.38, len(rated))
    commented = rated[comments]
    texts = [
        {"text": comment_text(rng, _mood(star), TOPICS[courses.topic[course]])}
        for star, course in zip(stars[comments], looks.course[commented], strict=True)
    ]
    log.add("comment", looks.account[commented], looks.course[commented], rated_at[comments] + 45, contexts=texts)


def _mood(stars: float) -> str:
    return "good" if stars >= 4 else "fair" if stars >= 3 else "poor"


def _days_later(rng: np.random.Generator, time: np.ndarray, most_days: int) -> np.ndarray:
    """One to `most_days` days later at about the same time of day, so that people keep their hours."""
    return time + rng.integers(1, most_days + 1, len(time)) * DAY + rng.integers(-1_200, 1_200, len(time))
