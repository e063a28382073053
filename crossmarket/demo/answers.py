"""Lists that the demo people were shown: some of their clicks came from one, and what stands further down is seen less."""

from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from crossmarket.demo.courses import DAY, Courses
from crossmarket.demo.events import NO_COURSE, Events
from crossmarket.demo.looks import attraction, taste_match
from crossmarket.demo.people import Accounts, Planted
from crossmarket.demo.shelves import Shelves
from crossmarket.demo.topics import TOPICS

LENGTH = 10
"""How many courses a list has."""
DAYS = 28
"""On so many last days lists were written down."""
CLICK_SHARE = 0.5
"""How many of the clicks of these days came from a list."""
UNFOLLOWED = 2
"""To each list that was followed come so many that nobody followed."""
DEVICES = ("desktop", "phone")
STEEPNESS = np.array([0.6, 1.1])
"""Of each device: the place k (1, 2, …) of a list is looked at in proportion to k to the power of minus this."""
POCKET_KINDS = ("audio", "article")
ON_PHONE = {True: 0.75, False: 0.4}
"""The chance that a click on a course of a pocket kind, or of another one, came from a phone."""
PHONE_SHARE = 0.55
POPULAR_SHARE = 0.5
"""How many of the other courses in a list are there for being popular; the others are on a topic of the person."""
KEENNESS = 0.5
"""How likely somebody follows the course that suits them best, once they have seen it."""
ATTEMPTS = 8


@dataclass(frozen=True)
class Answers:
    """Lists in order of time; first dimension: lists.

    account: index into Accounts. time: epoch seconds. device: index into DEVICES. courses: (lists, LENGTH), indices into
    Courses, the first place first. followed: the position of the click that came of it in the events, or -1.
    """

    account: np.ndarray
    time: np.ndarray
    device: np.ndarray
    courses: np.ndarray
    followed: np.ndarray
    ids: list[UUID]

    def __len__(self) -> int:
        return len(self.ids)


def seen(device: np.ndarray, place: np.ndarray) -> np.ndarray:
    """How likely a place (0 is the first) is looked at on a device, against the first one."""
    return (1.0 + place) ** -STEEPNESS[device]


def make_answers(
    planted: Planted, accounts: Accounts, courses: Courses, events: Events, now: int, seed: int
) -> tuple[Answers, Events]:
    """Lists around clicks that happened, and lists that nobody followed; the events, of which clicks name their list.

    Nothing happens that did not happen before: where the course that was clicked stood is drawn by how likely places
    are looked at, and what stood beside it is what could have been seen there without being followed.
    """
    rng = np.random.default_rng([seed, 6])
    clicks = events.of_type("click")
    clicks = clicks[events.time[clicks] > now - DAYS * DAY]
    clicks = np.sort(clicks[rng.random(len(clicks)) < CLICK_SHARE])
    others = _unfollowed(rng, events, len(clicks) * UNFOLLOWED, now)
    followed = np.concatenate([clicks, np.full(len(others), NO_COURSE)])
    moments = np.concatenate([clicks, others])
    account, time = events.account[moments], events.time[moments] - rng.integers(5, 40, len(moments))
    device = _devices(rng, courses, events, clicks, len(others))
    shown = _beside(rng, planted, accounts, courses, account, time, device)
    _put(shown[: len(clicks)], _places(rng, device[: len(clicks)]), events.course[clicks])
    order = np.argsort(time, kind="stable")
    ids = [UUID(bytes=rng.bytes(16), version=4) for _list in order]
    answers = Answers(account[order], time[order], device[order], shown[order], followed[order], ids)
    named = {
        int(position): {"recommendation_id": str(each)}
        for position, each in zip(answers.followed.tolist(), ids, strict=True)
        if position >= 0
    }
    return answers, replace(events, context={**events.context, **named})


def _unfollowed(rng: np.random.Generator, events: Events, count: int, now: int) -> np.ndarray:
    """Positions of looks around which lists were shown in vain."""
    looks = events.of_type("view")
    looks = looks[events.time[looks] > now - DAYS * DAY]
    return rng.choice(looks, count) if len(looks) else looks


def _devices(rng: np.random.Generator, courses: Courses, events: Events, clicks: np.ndarray, others: int) -> np.ndarray:
    is_for_pockets = np.isin(np.array(courses.kind)[events.course[clicks]], POCKET_KINDS)
    chance = np.where(is_for_pockets, ON_PHONE[True], ON_PHONE[False])
    chance = np.concatenate([chance, np.full(others, PHONE_SHARE)])
    return (rng.random(len(chance)) < chance).astype(np.int64)


def _places(rng: np.random.Generator, device: np.ndarray) -> np.ndarray:
    """Where what was clicked stood: as likely as the place is looked at."""
    weights = seen(device[:, None], np.arange(LENGTH)[None, :])
    cumulative = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    return (cumulative < rng.random(len(device))[:, None]).sum(axis=1).clip(max=LENGTH - 1)


def _put(shown: np.ndarray, place: np.ndarray, course: np.ndarray) -> None:
    """Put a course at a place of each list; where it stood already, what stood at that place goes."""
    rows = np.arange(len(shown))
    before = shown[rows, place]
    again, at = np.nonzero(shown == course[:, None])
    shown[again, at] = before[again]
    shown[rows, place] = course


def _beside(
    rng: np.random.Generator,
    planted: Planted,
    accounts: Accounts,
    courses: Courses,
    account: np.ndarray,
    time: np.ndarray,
    device: np.ndarray,
) -> np.ndarray:
    """Courses that were shown and not followed, (lists, LENGTH): each either not seen at its place, or seen in vain."""
    shelves = Shelves(courses, rng)
    person, platform = accounts.person[account], accounts.platform[account]
    cumulative = np.cumsum(planted.taste, axis=1)
    shown = np.zeros((len(account), LENGTH), dtype=np.int64)
    for place in range(LENGTH):
        open_rows = np.arange(len(account))
        for _attempt in range(ATTEMPTS):
            liked = (cumulative[person[open_rows]] < rng.random(len(open_rows))[:, None]).sum(axis=1)
            topic = liked.clip(max=len(TOPICS) - 1)
            found = np.where(
                rng.random(len(open_rows)) < POPULAR_SHARE,
                shelves.popular(rng, platform[open_rows]),
                shelves.on_topic(rng, platform[open_rows], topic),
            )
            shown[open_rows, place] = found
            chance = seen(device[open_rows], np.full(len(open_rows), place))
            chance = chance * keenness(planted, courses, person[open_rows], found, time[open_rows])
            impossible = (shown[open_rows, :place] == found[:, None]).any(axis=1)
            impossible |= courses.published_at[found] > time[open_rows]
            open_rows = open_rows[(rng.random(len(open_rows)) < chance) | impossible]
    return shown


def keenness(
    planted: Planted, courses: Courses, person: np.ndarray, course: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """How likely each person follows a course that they have seen in a list: by taste, price and freshness."""
    age = ((time - courses.published_at[course]) / DAY).clip(min=0.0)
    drawn = attraction(planted.spending[person], planted.price_response[person], courses.price[course], age)
    return KEENNESS * taste_match(planted, courses, person, course) / (1.0 + np.exp(-1.5 * drawn))
