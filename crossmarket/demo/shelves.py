"""How people come across courses: drawing from a platform's shelves by topic, by popularity or by chance."""

import numpy as np

from crossmarket.demo.courses import PLATFORMS, Courses
from crossmarket.demo.topics import TOPICS

FEATURED_SHARE = 0.05
FEATURED_BOOST = 3.0


class Shelves:
    """The courses of every platform, sorted by topic, ready to be drawn from in bulk.

    Some courses are featured on their platform's front page: that exposure is the platform's own, whatever people like.
    """

    def __init__(self, courses: Courses, rng: np.random.Generator) -> None:
        shelf = courses.platform.astype(np.int64) * len(TOPICS) + courses.topic
        self._order = np.argsort(shelf, kind="stable")
        self._bounds = np.searchsorted(shelf[self._order], np.arange(len(PLATFORMS) * len(TOPICS) + 1))
        featured = np.where(rng.random(len(courses)) < FEATURED_SHARE, FEATURED_BOOST, 1.0)
        self._appeal = self._cumulative(courses.appeal)
        self._exposure = self._cumulative(courses.appeal * featured)
        self._evenly = self._cumulative(np.ones(len(courses)))

    def on_topic(self, rng: np.random.Generator, platform: np.ndarray, topic: np.ndarray) -> np.ndarray:
        """A course of each platform and topic, by appeal; of any topic where the platform has none of that one."""
        shelf = platform.astype(np.int64) * len(TOPICS) + topic
        start, stop = self._bounds[shelf], self._bounds[shelf + 1]
        drawn = self._between(rng, self._appeal, start, stop)
        return np.where(start < stop, drawn, self.popular(rng, platform))

    def popular(self, rng: np.random.Generator, platform: np.ndarray) -> np.ndarray:
        """A course of each platform, as its front page and hit lists expose them."""
        return self._between(rng, self._exposure, *self._whole(platform))

    def any(self, rng: np.random.Generator, platform: np.ndarray) -> np.ndarray:
        """A course of each platform, every one equally likely."""
        return self._between(rng, self._evenly, *self._whole(platform))

    def _whole(self, platform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first = platform.astype(np.int64) * len(TOPICS)
        return self._bounds[first], self._bounds[first + len(TOPICS)]

    def _cumulative(self, weights: np.ndarray) -> np.ndarray:
        return np.concatenate([[0.0], np.cumsum(weights[self._order])])

    def _between(
        self, rng: np.random.Generator, cumulative: np.ndarray, start: np.ndarray, stop: np.ndarray
    ) -> np.ndarray:
        """A course at a position of [start, stop), as likely as its weight; anything where that range is empty."""
        low, high = cumulative[start], cumulative[stop]
        target = low + rng.random(len(start)) * (high - low)
        position = np.searchsorted(cumulative, target, side="right") - 1
        last = np.maximum(stop - 1, start).clip(max=len(self._order) - 1)
        return self._order[np.clip(position, np.minimum(start, last), last)]
