"""The demo world as a whole: a pure function of its sizes, its seed and its present moment."""

import time
from dataclasses import dataclass

from crossmarket.demo.answers import Answers, make_answers
from crossmarket.demo.behaviour import make_events
from crossmarket.demo.courses import PLATFORMS, Courses, DemoPlatform, make_courses
from crossmarket.demo.events import Events
from crossmarket.demo.people import Accounts, Planted, make_accounts, make_people

WINDOW_DAYS = 120
"""How many days of behaviour the world holds."""


@dataclass(frozen=True)
class DemoWorld:
    """Platforms, courses, people, accounts, events and lists that were shown; `planted` is the truth behind them.

    `now` is the present moment in epoch seconds: no event is later.
    """

    seed: int
    now: int
    platforms: tuple[DemoPlatform, ...]
    courses: Courses
    planted: Planted
    accounts: Accounts
    events: Events
    answers: Answers


def generate(users: int = 2_000, courses: int = 1_000, seed: int = 7, now: int | None = None) -> DemoWorld:
    """Make a demo world of so many people and courses.

    The same users, courses, seed and now (epoch seconds; the real present when None) give the same world.
    Raises ValueError for fewer than one person or fewer courses than platforms.
    """
    present = int(time.time()) if now is None else now
    catalogue = make_courses(courses, present, seed)
    planted = make_people(users, WINDOW_DAYS, seed)
    accounts = make_accounts(planted, seed)
    events = make_events(planted, accounts, catalogue, present, WINDOW_DAYS, seed)
    answers, events = make_answers(planted, accounts, catalogue, events, present, seed)
    return DemoWorld(seed, present, PLATFORMS, catalogue, planted, accounts, events, answers)
