"""When people learn and what they look at: sessions, and the courses looked at in each."""

from dataclasses import dataclass

import numpy as np

from crossmarket.demo.courses import DAY, Courses
from crossmarket.demo.people import HOUR_PATTERNS, TIER_REFERENCE_PRICE, Accounts, Planted
from crossmarket.demo.shelves import Shelves
from crossmarket.demo.topics import TOPIC_CATEGORY, TOPICS

LOCAL_OFFSET = 8 * 3_600
"""The demo people live in China: local time is this many seconds ahead of UTC."""
BINS_PER_HOUR = 4
MOST_LOOKS_PER_SESSION = 12
CANDIDATES = 6
"""How many courses come before a person's eyes at each look."""
POPULAR_SHARE, ANY_SHARE = 0.11, 0.04
"""How many looks are at hits, and at anything at all; all others are on a topic that the person has in mind."""
NEIGHBOUR_SHARE = 0.2
"""Of those, how many are on another topic of the same category."""
FREE_COURSE_LIKING = np.array([1.6, 0.2, -1.2])
"""How much a person of each spending tier is drawn to what costs nothing, in log-odds."""
FRESHNESS_DAYS = 45.0


@dataclass(frozen=True)
class Sessions:
    """Visits to a platform; arrays of shape (sessions,): index of the account, start in epoch seconds (UTC)."""

    account: np.ndarray
    start: np.ndarray


@dataclass(frozen=True)
class Looks:
    """Courses looked at; arrays of shape (looks,), in order of session and then of time.

    session, account, person, course are indices; time is in epoch seconds; match in [0, 1] says how well the course
    meets the person's taste.
    """

    session: np.ndarray
    account: np.ndarray
    person: np.ndarray
    course: np.ndarray
    time: np.ndarray
    match: np.ndarray


def draw_sessions(rng: np.random.Generator, planted: Planted, accounts: Accounts, now: int, days: int) -> Sessions:
    """Draw the sessions of the `days` days before `now`: how many by activity, where by share, when by hour pattern.

    Every account gets a session at least, but sessions that would start after `now` are left out.
    """
    present = 1.0 - planted.joined_day / days
    share = accounts.share / np.bincount(accounts.person, accounts.share, len(planted))[accounts.person]
    expected = (planted.activity * present)[accounts.person] * share
    account = np.repeat(np.arange(len(accounts)), 1 + rng.poisson((expected - 1.0).clip(min=0.0)))
    person = accounts.person[account]
    pattern = planted.hours[person]

    today = (now + LOCAL_OFFSET) // DAY
    calendar = today - days + 1 + np.arange(days)
    is_weekend = (calendar + 3) % 7 >= 5
    day = _days(rng, pattern, planted.joined_day[person], is_weekend)
    second = _seconds_of_day(rng, pattern, is_weekend[day])
    start = calendar[day] * DAY + second - LOCAL_OFFSET
    kept = start < now
    return Sessions(account[kept], start[kept].astype(np.int64))


def draw_looks(
    rng: np.random.Generator,
    planted: Planted,
    accounts: Accounts,
    courses: Courses,
    sessions: Sessions,
) -> Looks:
    """Draw what is looked at in every session: mostly the person's taste, some hits, some wandering.

    No course is looked at before it is published, nor twice in one session.
    """
    person_of_session = accounts.person[sessions.account]
    looks = rng.geometric(planted.fatigue[person_of_session]).clip(max=MOST_LOOKS_PER_SESSION)
    session = np.repeat(np.arange(len(sessions.account)), looks)
    position = np.arange(len(session)) - np.repeat(np.cumsum(looks) - looks, looks)
    time = sessions.start[session] + position * 150 + rng.integers(0, 100, len(session))
    person, account = person_of_session[session], sessions.account[session]

    topic = _topics_in_mind(rng, planted.taste, person_of_session, session)
    candidates = _candidates(rng, Shelves(courses, rng), accounts.platform[account], topic)
    course, is_published = _choose(rng, planted, courses, person, time, candidates)
    first_time = np.zeros(len(session), dtype=bool)
    first_time[np.unique(session * len(courses) + course, return_index=True)[1]] = True
    kept = is_published & first_time
    session, account, person, course, time = (column[kept] for column in (session, account, person, course, time))
    return Looks(session, account, person, course, time, taste_match(planted, courses, person, course))


def taste_match(planted: Planted, courses: Courses, person: np.ndarray, course: np.ndarray) -> np.ndarray:
    """How well each course meets each person's taste, from 0 to 1: half by its topic, half by its category."""
    topic_ratio = planted.taste[person, courses.topic[course]] * len(TOPICS)
    category_taste = planted.category_taste()
    category_ratio = category_taste[person, courses.category[course]] * category_taste.shape[1]
    return 0.5 * topic_ratio / (topic_ratio + 1.5) + 0.5 * category_ratio / (category_ratio + 1.5)


def price_fit(tier: np.ndarray | int, minding: np.ndarray | float, price: np.ndarray) -> np.ndarray:
    """How a price (fen, above 0) sits with a person of this tier who minds prices so much, in log-odds.

    It is 0 at the price that feels ordinary to them.
    """
    return -minding * np.log(price / TIER_REFERENCE_PRICE[tier])


def attraction(tier: np.ndarray | int, minding: np.ndarray | float, price: np.ndarray, age: np.ndarray) -> np.ndarray:
    """How much a course of this price (fen) and age (days; below 0 it is not published yet) draws such a person.

    Of several courses each is opened with a chance in proportion to the exponential of this.
    """
    fit = price_fit(tier, minding, np.maximum(price, 1)).clip(-2.5, 1.0)
    liking = np.where(price > 0, fit, FREE_COURSE_LIKING[tier])
    return np.where(age >= 0, 0.8 * liking + 0.8 * np.exp(-np.abs(age) / FRESHNESS_DAYS), -np.inf)


def _days(rng: np.random.Generator, pattern: np.ndarray, joined_day: np.ndarray, is_weekend: np.ndarray) -> np.ndarray:
    """A day of the window for each session, not before the person joined."""
    factor = np.array([hours.weekend_factor for hours in HOUR_PATTERNS])
    weight = np.where(is_weekend[None, :], factor[:, None], 1.0)
    cumulative = np.concatenate([np.zeros((len(HOUR_PATTERNS), 1)), np.cumsum(weight, axis=1)], axis=1)
    low, high = cumulative[pattern, joined_day], cumulative[pattern, -1]
    target = low + rng.random(len(pattern)) * (high - low)
    day = np.zeros(len(pattern), dtype=np.int64)
    for index in range(len(HOUR_PATTERNS)):
        here = pattern == index
        day[here] = np.searchsorted(cumulative[index], target[here], side="right") - 1
    return day.clip(max=len(is_weekend) - 1)


def _seconds_of_day(rng: np.random.Generator, pattern: np.ndarray, weekend: np.ndarray) -> np.ndarray:
    """A local time of day in seconds for each session."""
    cumulative = np.cumsum([hours.hours(BINS_PER_HOUR) for hours in HOUR_PATTERNS], axis=2)
    rows = cumulative[pattern, weekend.astype(np.int64)]
    part = (rows < rng.random(len(pattern))[:, None]).sum(axis=1).clip(max=rows.shape[1] - 1)
    width = 3_600 // BINS_PER_HOUR
    return part * width + rng.integers(0, width, len(pattern))


def _topics_in_mind(
    rng: np.random.Generator, taste: np.ndarray, person_of_session: np.ndarray, session: np.ndarray
) -> np.ndarray:
    """The topic each look is after: often the session's own, otherwise another of the person's, or a neighbour of it."""
    cumulative = np.cumsum(taste, axis=1)

    def liked(person: np.ndarray) -> np.ndarray:
        drawn = (cumulative[person] < rng.random(len(person))[:, None]).sum(axis=1)
        return drawn.clip(max=len(TOPICS) - 1)

    of_session = liked(person_of_session)[session]
    topic = np.where(rng.random(len(session)) < 0.45, of_session, liked(person_of_session[session]))
    by_category = [np.flatnonzero(TOPIC_CATEGORY == category) for category in range(TOPIC_CATEGORY.max() + 1)]
    width = len(by_category[0])
    neighbour = np.array(by_category)[TOPIC_CATEGORY[topic], rng.integers(0, width, len(topic))]
    return np.where(rng.random(len(topic)) < NEIGHBOUR_SHARE, neighbour, topic)


def _candidates(rng: np.random.Generator, shelves: Shelves, platform: np.ndarray, topic: np.ndarray) -> np.ndarray:
    """A few courses that come before the person's eyes at each look, shape (looks, CANDIDATES)."""
    way = rng.random(len(topic))
    columns = []
    for _candidate in range(CANDIDATES):
        found = shelves.on_topic(rng, platform, topic)
        found = np.where(way > 1.0 - POPULAR_SHARE - ANY_SHARE, shelves.popular(rng, platform), found)
        found = np.where(way > 1.0 - ANY_SHARE, shelves.any(rng, platform), found)
        columns.append(found)
    return np.stack(columns, axis=1)


def _choose(
    rng: np.random.Generator,
    planted: Planted,
    courses: Courses,
    person: np.ndarray,
    time: np.ndarray,
    candidates: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The candidate opened at each look, by price and freshness, and whether it was published by then."""
    age = (time[:, None] - courses.published_at[candidates]) / DAY
    tier, minding = planted.spending[person][:, None], planted.price_response[person][:, None]
    drawn = attraction(tier, minding, courses.price[candidates], age) + rng.gumbel(size=candidates.shape)
    best = drawn.argmax(axis=1)
    rows = np.arange(len(best))
    return candidates[rows, best], age[rows, best] >= 0
