"""Tiers of spending planted in a large demo world are found in its columns of events, with nothing told."""

import numpy as np

from crossmarket.demo.events import EVENT_TYPES
from crossmarket.demo.topics import CATEGORIES
from crossmarket.demo.world import DemoWorld, generate
from profiles.modeling import prices
from profiles.modeling.columns import CODE, KINDS, CourseColumns, EventColumns

FEWEST_EVENTS = 20
ENOUGH = 0.95


def columns_of(world: DemoWorld) -> tuple[EventColumns, CourseColumns]:
    """The world as profiles see it: accounts that were ever joined are one person."""
    code = np.array([CODE.get(name, -1) for name in EVENT_TYPES])[world.events.type]
    told = code >= 0
    account = world.events.account[told].astype(np.int64)
    time = world.events.time[told].astype(np.float64)
    events = EventColumns(
        person=world.accounts.linked[account],
        account=account,
        platform=world.accounts.platform[account].astype(np.int64),
        course=world.events.course[told].astype(np.int64),
        type=code[told],
        value=world.events.value[told],
        engagement=np.ones(len(account)),
        time=time,
        local=time,
        n_persons=int(world.accounts.linked.max()) + 1,
        n_platforms=len(world.platforms),
    )
    courses = CourseColumns(
        category=world.courses.category.astype(np.int64),
        kind=np.array([KINDS.index(kind) for kind in world.courses.kind]),
        price=world.courses.price.astype(np.int64),
        topics=np.zeros((len(world.courses), 0)),
        categories=CATEGORIES,
    )
    return events, courses


def test_tiers_are_found_for_95_in_100_persons_of_20_events_and_more() -> None:
    world = generate(users=5_000, courses=3_000, seed=7, now=1_764_000_000)
    events, courses = columns_of(world)
    edges = prices.price_edges(courses)
    cells = prices.price_cells(events, courses, edges)
    found = prices.fit_tiers(cells, edges).membership(cells).argmax(axis=1)
    truth = np.zeros(events.n_persons, dtype=np.int64)
    truth[world.accounts.linked] = world.planted.spending[world.accounts.person]
    active = events.counted(np.ones(len(events), dtype=bool)) >= FEWEST_EVENTS
    assert active.sum() > 3_000
    apart = np.abs(found - truth)[active]
    assert (apart == 0).mean() >= ENOUGH
    assert (apart == 2).sum() <= 3


def test_leaving_a_dear_course_tells_of_means_where_it_was_to_the_persons_taste() -> None:
    courses = CourseColumns(
        category=np.array([0, 0, 0, 0, 1]),
        kind=np.zeros(5, dtype=np.int64),
        price=np.array([100, 200, 300, 900, 900]),
        topics=np.zeros((5, 0)),
        categories=("loved", "foreign"),
    )
    course = np.array([0, 1, 2, 3, 4, 4, 3])
    names = ["view"] * 5 + ["view", "purchase"]
    rows = len(course)
    events = EventColumns(
        person=np.zeros(rows, dtype=np.int64),
        account=np.zeros(rows, dtype=np.int64),
        platform=np.zeros(rows, dtype=np.int64),
        course=course,
        type=np.array([CODE[name] for name in names]),
        value=np.full(rows, np.nan),
        engagement=np.ones(rows),
        time=np.zeros(rows),
        local=np.zeros(rows),
        n_persons=1,
        n_platforms=1,
    )
    edges = np.array([1.0, 500.0])
    cells = prices.price_cells(events, courses, edges)[0]
    bins = len(edges) + 1
    met, chosen = cells[: len(KINDS) * bins], cells[len(KINDS) * bins :].reshape(bins, len(prices.DRAWN), 2)
    assert met[:bins].tolist() == [0, 3, 2]  # each course once, however often it was looked at
    foreign, _known, loved = range(len(prices.DRAWN))
    assert chosen[2, loved].tolist() == [0, 1]
    assert chosen[2, foreign].tolist() == [1, 0]
    assert chosen[1, loved].tolist() == [3, 0]
