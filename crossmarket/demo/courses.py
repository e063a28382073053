"""The demo platforms and their catalogues."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from crossmarket.demo.topics import CATEGORIES, TOPIC_CATEGORY, TOPICS, Topic
from crossmarket.demo.vocabulary import course_text, course_title, pick, teacher_name

DAY = 86_400
"""Seconds in a day."""

DIFFICULTIES = ("beginner", "intermediate", "advanced")

PRICE_POINTS = np.array(
    [100, 490, 990, 1290, 1990, 2990, 3990, 4900, 5900, 6900, 7900, 9900, 12900, 14900, 16900, 19900, 24900]
    + [29900, 39900, 49900, 59900, 69900, 79900, 99900, 129900, 169900, 199900, 299900],
    dtype=np.int64,
)
"""The prices that shops like to write, in fen."""

_PRICING = {
    "course": (0.12, 24_900, 0.9),
    "audio": (0.30, 4_900, 0.8),
    "article": (0.65, 990, 0.6),
    "video": (0.35, 6_900, 0.8),
    "live": (0.40, 7_900, 0.9),
}
"""Of each kind: the share of free courses, the median price of the others in fen, the spread of its logarithm."""

ATTEMPTS_AT_A_FRESH_TITLE = 12


@dataclass(frozen=True)
class DemoPlatform:
    """A made-up learning platform; `kinds` and `share` say what of the catalogue it carries."""

    slug: str
    name: str
    kinds: dict[str, float]
    share: float

    def item_id(self, number: int) -> str:
        """The platform's own id of its course with this number."""
        if self.slug == "tingdao":
            return f"td{_scattered(number):06x}"
        if self.slug == "wenda-live":
            return f"live-{20_000 + number}"
        return f"C{100_000 + number}"

    def external_id(self, number: int) -> str:
        """The platform's own id of its user with this number."""
        if self.slug == "tingdao":
            return f"u{_scattered(number):06x}"
        if self.slug == "wenda-live":
            return f"wd_{700_000 + number}"
        return f"xh{1_000_000 + number}"


PLATFORMS: tuple[DemoPlatform, ...] = (
    DemoPlatform("xuehai", "学海课堂", {"course": 0.62, "video": 0.26, "article": 0.12}, 0.42),
    DemoPlatform("tingdao", "听道", {"audio": 0.78, "article": 0.22}, 0.33),
    DemoPlatform("wenda-live", "问答直播", {"live": 0.60, "video": 0.25, "article": 0.15}, 0.25),
)


@dataclass(frozen=True)
class Courses:
    """The catalogue, one row per course; every array has shape (courses,).

    `platform`, `category` and `topic` are indices into PLATFORMS, CATEGORIES and TOPICS; `price` is in fen,
    `published_at` in epoch seconds. `appeal` (mean about 1, heavy-tailed) and `quality` (about -1 to 1) are planted:
    they shape what people do and are not shown to anyone.
    """

    platform: np.ndarray
    category: np.ndarray
    topic: np.ndarray
    price: np.ndarray
    published_at: np.ndarray
    appeal: np.ndarray
    quality: np.ndarray
    item_id: list[str]
    title: list[str]
    kind: list[str]
    focus: list[str]
    teacher: list[str]
    difficulty: list[str]
    language: list[str]
    text: list[str]

    def __len__(self) -> int:
        return len(self.item_id)

    def tags(self, course: int) -> list[str]:
        """The words a course is filed under: its topic and its focus."""
        return [TOPICS[self.topic[course]].name, self.focus[course]]

    def category_name(self, course: int) -> str:
        """The category of a course as shown to people."""
        return CATEGORIES[self.category[course]]


def make_courses(count: int, now: int, seed: int) -> Courses:
    """Make `count` courses published in the three years before `now` (epoch seconds).

    Raises ValueError when there are fewer courses than platforms.
    """
    if count < len(PLATFORMS):
        raise ValueError(f"{count} courses are too few: every one of the {len(PLATFORMS)} platforms needs a course.")
    rng = np.random.default_rng([seed, 1])
    platform = _platforms_of_courses(rng, count)
    topic = _topics_of_courses(rng, platform)
    kind = [pick_weighted(rng, PLATFORMS[index].kinds) for index in platform]
    wordings = _wordings(rng, topic, kind)
    age = rng.gamma(1.3, 260.0, count).clip(0.5, 1_095)
    return Courses(
        platform=platform,
        category=TOPIC_CATEGORY[topic],
        topic=topic,
        price=_prices(rng, kind),
        published_at=(now - age * DAY).astype(np.int64),
        appeal=rng.lognormal(-0.5, 1.0, count),
        quality=rng.normal(0.0, 0.4, count).clip(-1.0, 1.0),
        item_id=_item_ids(platform),
        kind=kind,
        title=[wording.title for wording in wordings],
        focus=[wording.focus for wording in wordings],
        teacher=[wording.teacher for wording in wordings],
        difficulty=[wording.difficulty for wording in wordings],
        language=[wording.language for wording in wordings],
        text=[wording.text for wording in wordings],
    )


def pick_weighted(rng: np.random.Generator, weights: dict[str, float]) -> str:
    """One key of `weights`, each as likely as its weight says."""
    names = tuple(weights)
    return names[int(np.searchsorted(np.cumsum(list(weights.values())), rng.random() * sum(weights.values())))]


def _scattered(number: int) -> int:
    """A different 24-bit number for every number below 2**24, so that ids do not look counted."""
    return (number * 10_368_889 + 7_919_113) % 2**24


def _platforms_of_courses(rng: np.random.Generator, count: int) -> np.ndarray:
    shares = np.array([platform.share for platform in PLATFORMS])
    platform = rng.choice(len(PLATFORMS), size=count, p=shares / shares.sum())
    platform[: len(PLATFORMS)] = np.arange(len(PLATFORMS))
    return platform.astype(np.int16)


def _topics_of_courses(rng: np.random.Generator, platform: np.ndarray) -> np.ndarray:
    """Topics with unequal shares on every platform, so that platforms differ in what they are good at."""
    weights = rng.gamma(2.0, 0.5, (len(PLATFORMS), len(TOPICS))) + 0.15
    cumulative = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    drawn = (cumulative[platform] < rng.random(len(platform))[:, None]).sum(axis=1)
    return drawn.clip(max=len(TOPICS) - 1).astype(np.int16)


def _prices(rng: np.random.Generator, kind: list[str]) -> np.ndarray:
    free_share, median, spread = np.array([_PRICING[name] for name in kind]).T
    wished = np.log(median) + spread * rng.standard_normal(len(kind))
    nearest = np.abs(np.log(PRICE_POINTS)[None, :] - wished[:, None]).argmin(axis=1)
    return np.where(rng.random(len(kind)) < free_share, 0, PRICE_POINTS[nearest])


def _item_ids(platform: np.ndarray) -> list[str]:
    numbers = np.zeros(len(platform), dtype=np.int64)
    for index in range(len(PLATFORMS)):
        here = platform == index
        numbers[here] = np.arange(1, here.sum() + 1)
    return [PLATFORMS[index].item_id(int(number)) for index, number in zip(platform, numbers, strict=True)]


class _Wording(NamedTuple):
    """The words of one course."""

    title: str
    focus: str
    teacher: str
    difficulty: str
    language: str
    text: str


def _wordings(rng: np.random.Generator, topic: np.ndarray, kind: list[str]) -> list[_Wording]:
    faculty = _faculty(rng, len(topic))
    taken: set[str] = set()
    return [
        _wording(rng, TOPICS[index], kind_name, faculty, taken) for index, kind_name in zip(topic, kind, strict=True)
    ]


def _wording(
    rng: np.random.Generator, topic: Topic, kind: str, faculty: list[tuple[str, ...]], taken: set[str]
) -> _Wording:
    """Word one course, with a title that is not `taken` as far as a few attempts can find one, and take it."""
    category = CATEGORIES[topic.category]
    teacher = pick(rng, faculty[topic.category])
    for _attempt in range(ATTEMPTS_AT_A_FRESH_TITLE):
        focus = pick(rng, topic.focuses)
        title = course_title(rng, kind, category, topic, focus, teacher)
        if title not in taken:
            break
    taken.add(title)
    difficulty = pick_weighted(rng, {"beginner": 0.5, "intermediate": 0.35, "advanced": 0.15})
    about_english = category == "外语学习" and ("英" in topic.name or "雅思" in topic.name)
    language = "en" if about_english and rng.random() < 0.5 else "zh"
    text = course_text(rng, kind, category, topic, focus, teacher, difficulty)
    return _Wording(title, focus, teacher, difficulty, language, text)


def _faculty(rng: np.random.Generator, courses: int) -> list[tuple[str, ...]]:
    """The teachers of each category: about one for every four courses."""
    size = max(2, courses // (4 * len(CATEGORIES)))
    return [tuple(teacher_name(rng) for _teacher in range(size)) for _category in CATEGORIES]
