"""The demo people, what is planted in them, and their accounts on the platforms."""

from dataclasses import dataclass

import numpy as np

from crossmarket.demo.courses import PLATFORMS
from crossmarket.demo.tastes import CLUSTERS, draw_tastes
from crossmarket.demo.topics import CATEGORIES, TOPIC_CATEGORY
from crossmarket.demo.vocabulary import nickname

SPENDING_TIERS = ("low", "mid", "high")
TIER_SHARES = (0.45, 0.37, 0.18)
TIER_REFERENCE_PRICE = np.array([1_900.0, 9_900.0, 59_900.0])
"""The price in fen that feels ordinary to a person of each tier."""
TIER_WILLINGNESS = np.array([0.04, 0.22, 0.6])
"""The chance that a person of each tier buys a well-matched course at the ordinary price when looking at it."""
TIER_MINDING = np.array([1.7, 1.2, 0.7])
"""How much a person of each tier minds prices: by so much the log-odds of buying fall when a price is multiplied by e."""
MINDING_SPREAD = 0.25
"""How much persons of a tier differ in that: the spread of its logarithm."""

JOINED, APART = 0, 1
"""The persons whom the demo tells of: one who has joined all accounts, and one who refuses that. Both are there in every
world of two persons or more, are active, and have accounts on the first two platforms at least."""
LEADING = {JOINED: "林晓", APART: "周远"}
"""What the two are called everywhere."""
LEADING_SESSIONS = 14.0

PURPOSES = ("profiling", "recommendation", "cross_platform", "marketing")
PLATFORM_REACH = np.array([0.45, 0.32, 0.23])


@dataclass(frozen=True)
class HourPattern:
    """When a person of this habit learns: (hour, width in hours, weight) bumps, and how much a weekend day weighs."""

    name: str
    weekday: tuple[tuple[float, float, float], ...]
    weekend: tuple[tuple[float, float, float], ...]
    weekend_factor: float

    def hours(self, bins_per_hour: int = 4) -> np.ndarray:
        """Chance of each part of the day on (weekday, weekend), shape (2, 24 * bins_per_hour), rows summing to 1."""
        middle = (np.arange(24 * bins_per_hour) + 0.5) / bins_per_hour
        rows = []
        for bumps in (self.weekday, self.weekend):
            row = np.full(middle.shape, 0.004)
            for hour, width, weight in bumps:
                distance = np.abs((middle - hour + 12) % 24 - 12)
                row += weight / width * np.exp(-0.5 * (distance / width) ** 2)
            rows.append(row / row.sum())
        return np.array(rows)

    def week(self) -> np.ndarray:
        """Chance of each hour of the day in a whole week, shape (24,)."""
        weekday, weekend = self.hours(bins_per_hour=1)
        whole = 5 * weekday + 2 * self.weekend_factor * weekend
        return whole / whole.sum()


HOUR_PATTERNS: tuple[HourPattern, ...] = (
    HourPattern("early bird", ((6.5, 0.9, 1.0),), ((7.8, 1.5, 1.0),), 1.0),
    HourPattern("commute", ((8.0, 0.6, 0.55), (18.4, 0.7, 0.45)), ((15.0, 3.0, 1.0),), 0.5),
    HourPattern("lunch", ((12.7, 0.6, 0.8), (21.0, 1.2, 0.2)), ((13.5, 2.5, 1.0),), 0.8),
    HourPattern("evening", ((20.5, 1.2, 1.0),), ((16.0, 2.0, 0.4), (20.5, 1.5, 0.6)), 1.3),
    HourPattern("night owl", ((23.6, 1.2, 1.0),), ((0.5, 1.5, 1.0),), 1.2),
)
HOUR_PATTERN_SHARES = (0.13, 0.24, 0.17, 0.30, 0.16)


@dataclass(frozen=True)
class Planted:
    """What is planted in each person, so that what models find can be checked; first dimension: people.

    cluster: index into CLUSTERS. taste: shape (people, topics), rows summing to 1. spending: index into SPENDING_TIERS.
    hours: index into HOUR_PATTERNS. activity: expected learning sessions in the whole window. price_response: fall
    of the log-odds of buying when the price is multiplied by e. fatigue: chance to end a session after each course
    looked at. joined_day: first day of the window on which the person may act.
    """

    cluster: np.ndarray
    taste: np.ndarray
    spending: np.ndarray
    hours: np.ndarray
    activity: np.ndarray
    price_response: np.ndarray
    fatigue: np.ndarray
    joined_day: np.ndarray

    def __len__(self) -> int:
        return len(self.cluster)

    def category_taste(self) -> np.ndarray:
        """Taste summed over the topics of each category, shape (people, categories)."""
        belongs = TOPIC_CATEGORY[:, None] == np.arange(len(CATEGORIES))[None, :]
        return self.taste @ belongs


@dataclass(frozen=True)
class Accounts:
    """The accounts on the platforms; first dimension of every array: accounts.

    person: who truly stands behind the account (planted). platform: index into PLATFORMS. linked: accounts with the
    same number are joined as one person in CrossMarket. consent: shape (accounts, 4), the columns are PURPOSES.
    stated: whether the platform ever reported that consent; where not, `consent` holds the platforms' default.
    share: how much of the person's activity happens here. An account is linked to others only when cross-platform
    consent was once given; some of those have withdrawn it since.
    """

    person: np.ndarray
    platform: np.ndarray
    linked: np.ndarray
    consent: np.ndarray
    stated: np.ndarray
    share: np.ndarray
    external_id: list[str]
    nickname: list[str]

    def __len__(self) -> int:
        return len(self.external_id)


def make_people(count: int, days: int, seed: int) -> Planted:
    """Make `count` people for a window of `days` days. Raises ValueError when there is nobody to make."""
    if count < 1:
        raise ValueError(f"A demo world needs at least one person, not {count}.")
    rng = np.random.default_rng([seed, 2])
    cluster = rng.integers(len(CLUSTERS), size=count)
    spending = rng.choice(len(SPENDING_TIERS), size=count, p=TIER_SHARES)
    planted = Planted(
        cluster=cluster.astype(np.int16),
        taste=draw_tastes(rng, cluster),
        spending=spending.astype(np.int16),
        hours=rng.choice(len(HOUR_PATTERNS), size=count, p=HOUR_PATTERN_SHARES).astype(np.int16),
        activity=1.0 + rng.lognormal(np.log(5.5), 0.95, count).clip(max=140.0),
        price_response=TIER_MINDING[spending] * rng.lognormal(0.0, MINDING_SPREAD, count),
        fatigue=rng.beta(6.0, 11.0, count).clip(0.1, 0.8),
        joined_day=np.where(rng.random(count) < 0.3, rng.integers(0, max(1, days - 7), count), 0),
    )
    leading = list(LEADING)[:count]
    planted.activity[leading], planted.fatigue[leading], planted.joined_day[leading] = LEADING_SESSIONS, 0.25, 0
    return planted


def make_accounts(planted: Planted, seed: int) -> Accounts:
    """Give every person one to three accounts, links between them and consents."""
    rng = np.random.default_rng([seed, 3])
    people = len(planted)
    number_of_accounts = rng.choice([1, 2, 3], size=people, p=[0.5, 0.34, 0.16])
    preference = np.log(PLATFORM_REACH) + rng.gumbel(size=(people, len(PLATFORMS)))
    if people >= len(LEADING):
        number_of_accounts[[JOINED, APART]] = 3, 2
        preference[APART] = 2, 1, 0
    rank = np.argsort(np.argsort(-preference, axis=1), axis=1)
    person, platform = np.nonzero(rank < number_of_accounts[:, None])
    linked, consent, stated = _links_and_consents(rng, person, number_of_accounts)
    share = rng.gamma(3.0, 1.0, len(person)) + 0.3
    share[np.isin(person, list(LEADING))] = 1.0
    return Accounts(
        person=person,
        platform=platform.astype(np.int16),
        linked=linked,
        consent=consent,
        stated=stated,
        share=share,
        external_id=_external_ids(rng, platform),
        nickname=_nicknames(rng, person, people),
    )


def _links_and_consents(
    rng: np.random.Generator, person: np.ndarray, number_of_accounts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The linked group, consents and stated flags of each account.

    Of the people with several accounts 65% are linked with consent, 12% were linked and withdrew the cross-platform
    consent on one account since, 13% consent and never linked, 10% neither consent nor are linked.
    """
    several = number_of_accounts > 1
    fate = rng.choice(["linked", "withdrawn", "willing", "apart"], size=len(several), p=[0.65, 0.12, 0.13, 0.10])
    if len(several) >= len(LEADING):
        fate[[JOINED, APART]] = "linked", "apart"
    is_linked = several & np.isin(fate, ("linked", "withdrawn"))
    own_group = np.arange(len(person)) + len(several)
    linked = np.where(is_linked[person], person, own_group)
    linked = np.unique(linked, return_inverse=True)[1].astype(np.int64)

    accounts = len(person)
    first_account = np.concatenate([[0], np.cumsum(number_of_accounts)[:-1]])
    consent = np.zeros((accounts, len(PURPOSES)), dtype=bool)
    consent[:, 0] = rng.random(accounts) > 0.04
    consent[:, 1] = rng.random(accounts) > 0.07
    consent[:, 2] = np.where(several, fate != "apart", rng.random(len(several)) < 0.2)[person]
    consent[first_account[several & (fate == "withdrawn")], 2] = False
    consent[:, 3] = rng.random(accounts) < 0.45
    consent[np.isin(person, list(LEADING)), :2] = True
    stated = several[person] | consent[:, 2] | (rng.random(accounts) < 0.6)
    consent[~stated] = (True, True, False, False)
    return linked, consent, stated


def _external_ids(rng: np.random.Generator, platform: np.ndarray) -> list[str]:
    """Ids in each platform's style, in an order that says nothing about who is who elsewhere."""
    numbers = np.zeros(len(platform), dtype=np.int64)
    for index in range(len(PLATFORMS)):
        here = np.flatnonzero(platform == index)
        numbers[here] = rng.permutation(len(here)) + 1
    return [PLATFORMS[index].external_id(int(number)) for index, number in zip(platform, numbers, strict=True)]


def _nicknames(rng: np.random.Generator, person: np.ndarray, people: int) -> list[str]:
    """A nickname per account; most people use the same one everywhere."""
    usual = [nickname(rng) for _person in range(people)]
    chosen = [usual[index] if rng.random() < 0.7 else nickname(rng) for index in person]
    return [LEADING.get(int(index), name) for index, name in zip(person, chosen, strict=True)]
