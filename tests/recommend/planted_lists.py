"""Lists that were shown to people whose likings are known, because they were planted."""

from dataclasses import dataclass

import numpy as np

from recommend.ranking.circumstances import ASKED_FEATURES
from recommend.ranking.config import HEADS
from recommend.ranking.courses import COURSE_FEATURES, Courses
from recommend.ranking.examples import Examples, candidate_features
from recommend.ranking.past import PAST_FEATURES
from recommend.ranking.ranker import Background, Ranker
from recommend.ranking.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    categories=("a", "b", "c"),
    kinds=("article", "audio"),
    platforms=("shop",),
    devices=("desktop", "phone"),
    placements=("home",),
    sources=("model", "similar"),
)
LISTS, LENGTH = 3_000, 10
QUICK = {
    "device": "cpu",
    "max_epochs": 8,
    "batch_size": 512,
    "learning_rate": 0.01,
    "weight_decay": 0.1,
    "hidden": 16,
    "embedding_dimensions": 4,
    "crossing": 4,
}
LIKED = COURSE_FEATURES.index("rating")
"""The column of features that tells what people truly like."""
SCORE = len(COURSE_FEATURES) + len(PAST_FEATURES)
"""The column of the first stage's score."""


@dataclass
class Lists:
    """Examples, and the truth behind them: the chance of a click on what is looked at, (m,)."""

    examples: Examples
    liking: np.ndarray


def chance(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def seen_at(places: np.ndarray, steepness: float = 1.0) -> np.ndarray:
    """How likely a place is looked at: the tenth a ninth as likely as the first one."""
    return (1.0 + places) ** -steepness


def planted_lists(
    seed: int = 0,
    count: int = LISTS,
    steepness: float = 1.0,
    misleading: float = 0.0,
    by_device: float = 0.0,
    by_hour: float = 0.0,
) -> Lists:
    """Lists whose courses are liked by one number; what is seen falls with the place.

    misleading: how much the order in which lists are shown follows another number that nobody cares for.
    by_device, by_hour: how much more audio is liked on a phone, and articles in the morning (in log-odds).
    """
    random = np.random.default_rng(seed)
    rows = count * LENGTH
    numbers = random.normal(size=(rows, candidate_features(2))).astype(np.float32)
    numbers[:, SCORE + 2 :] = 1
    kind, device = random.integers(1, 3, rows), random.integers(1, 3, count)
    hour = random.integers(0, 24, count)
    asked = np.zeros((count, len(ASKED_FEATURES)), np.float32)
    asked[:, 0], asked[:, 1] = np.sin(2 * np.pi * hour / 24), np.cos(2 * np.pi * hour / 24)
    shown_by = misleading * numbers[:, SCORE] + random.gumbel(size=rows)
    places = np.argsort(np.argsort(-shown_by.reshape(count, LENGTH), axis=1), axis=1).ravel()
    log_odds = -1.5 + 1.2 * numbers[:, LIKED]
    log_odds += by_device * (np.where(kind == 2, 0.5, -0.5) * np.where(np.repeat(device, LENGTH) == 2, 1, -1))
    log_odds += by_hour * np.where(kind == 1, 1, -1) * np.repeat(asked[:, 0], LENGTH)
    clicked = random.random(rows) < chance(log_odds) * seen_at(places, steepness)
    came = np.zeros((rows, len(HEADS)), np.float32)
    came[:, 0] = clicked
    examples = Examples(
        vocabulary=VOCABULARY,
        offsets=np.arange(count + 1) * LENGTH,
        times=np.arange(count, dtype=np.float64),
        asked=asked,
        platform=np.ones(count, np.int32),
        device=device.astype(np.int32),
        placement=np.ones(count, np.int32),
        numbers=numbers,
        category=random.integers(0, 4, rows).astype(np.int32),
        kind=kind.astype(np.int32),
        teacher=random.integers(0, 50, rows).astype(np.int32),
        places=places.astype(np.int32),
        first_stage=numbers[:, SCORE],
        came=came,
        is_known=np.ones((rows, len(HEADS)), bool),
        weights=np.ones(rows, np.float32),
    )
    return Lists(examples, chance(log_odds))


def ranker(**settings: object) -> Ranker:
    """An untrained ranker that learns planted lists in a moment."""
    return Ranker(Ranker.configure({**QUICK, **settings}))


def trained(lists: Lists, **settings: object) -> Ranker:
    """A ranker that has learned from these lists."""
    return ranker(**settings).fit(lists.examples, Background.none())


def courses(count: int = 6, **columns: object) -> Courses:
    """Courses 0, 1, …: priced at 99 yuan, of one category and kind, published at the beginning of time."""
    usual = {
        "ids": np.arange(count),
        "category": np.ones(count, np.int32),
        "kind": np.ones(count, np.int32),
        "teacher": np.arange(count, dtype=np.int32),
        "platform": np.ones(count, np.int32),
        "price": np.full(count, 9_900, np.float32),
        "published": np.zeros(count),
        "length": np.full(count, 100, np.float32),
    }
    return Courses(**{**usual, **columns})
