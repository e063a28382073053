"""The network of `Sequence` in numpy: what a web worker computes for one history in well under a millisecond."""

from __future__ import annotations

import numpy as np

from recommend.algorithms.artifacts import Arrays
from recommend.algorithms.interactions import Float32Array, Histories, Int32Array, Int64Array
from recommend.algorithms.matrices import Matrix

KNOWLEDGE = (
    "courses",
    "bias",
    "distances",
    "gains",
    "shifts",
    "attention",
    "attention_bias",
    "joining",
    "joining_bias",
    "widening",
    "widening_bias",
    "narrowing",
    "narrowing_bias",
)
"""The parameters by name; n courses, d dimensions, k blocks, h heads, l the history length.

courses: e, (n + 1, d), the last being the mark of the beginning; bias: b, (n,).
distances: (k, h, l), what looking so many places back adds to the attention.
gains, shifts: (2 k + 1, d), of the normalisations: before attention and before the feed-forward layer of each block,
    and at the end.
attention: (k, d, 3 d) makes queries, keys and values; joining: (k, d, d) joins the heads; widening: (k, d, 2 d) and
narrowing: (k, 2 d, d) are the feed-forward layer; each with its bias (k, columns).
"""

EPSILON = np.float32(1e-5)
PLACES_AT_ONCE = 1 << 15
"""How many places of histories are worked on at a time, to stay within the cache."""


class Forward:
    """The forward pass over histories of distinct courses."""

    def __init__(self, courses: Matrix, arrays: Arrays, heads: int) -> None:
        """Take the parameters that `KNOWLEDGE` names. Raises `ValueError` when they do not fit together."""
        self.courses, self.arrays, self.heads = courses, arrays, heads
        self.begin, self.dimensions = courses.shape[0] - 1, courses.shape[1]
        self.blocks, _, self.length = arrays["distances"].shape
        if arrays["attention"].shape != (self.blocks, self.dimensions, 3 * self.dimensions):
            raise ValueError("the attention is not of the size of the embeddings")
        places = np.arange(self.length)
        self._back = np.maximum(places[:, None] - places, 0)
        self._future = np.where(places[:, None] < places, np.float32(-1e9), np.float32(0))

    def expectations(self, histories: Histories) -> Float32Array:
        """What comes next, h, float32 (people, d), after histories of distinct courses, oldest first."""
        if len(histories) == 1:
            return self._last(self._window(histories.items)[None])
        sizes = np.diff(histories.offsets)
        answers = np.empty((len(histories), self.dimensions), np.float32)
        lengths = np.minimum(sizes + 1, self.length)
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            step = max(1, PLACES_AT_ONCE // int(length))
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                answers[part] = self._last(self._windows(histories, part, int(length)))
        return answers

    def without_each(self, items: Int32Array) -> Float32Array:
        """What is expected without each one of one person's courses, float32 (courses, d)."""
        size = len(items)
        answers = np.empty((size, self.dimensions), np.float32)
        first = max(0, size - self.length)  # what lies before is not looked at
        answers[:first] = self._last(self._window(items)[None])
        left_out = np.arange(first, size)
        kept = np.arange(size - 1)[None] + (np.arange(size - 1)[None] >= left_out[:, None])
        answers[first:] = self._last(np.stack([self._window(items[row]) for row in kept]))
        return answers

    def _window(self, items: Int32Array) -> Int64Array:
        return np.concatenate([[self.begin], items])[-self.length :]

    def _windows(self, histories: Histories, people: Int64Array, length: int) -> Int64Array:
        """The latest places of these people, (people, length), all of whom have as many."""
        rows = histories.offsets[people + 1][:, None] + np.arange(-length, 0)
        begins = rows < histories.offsets[people][:, None]
        return np.where(
            begins, self.begin, histories.items[np.maximum(rows, 0)] if len(histories.items) else self.begin
        )

    def _last(self, places: Int64Array) -> Float32Array:
        """h, (people, d), of places (people, t).

        What the first block makes of a course does not depend on its place, so it is made once for each course.
        """
        courses, rows = np.unique(places, return_inverse=True)
        rows = rows.reshape(places.shape)
        states = self.courses.rows(courses) * np.float32(self.dimensions**0.5)
        normalised = self._normalised(states, 0)
        others = self._keys_and_values(normalised, 0)[rows]
        asking = rows[:, self._asking(0)]
        states = self._attending(states[asking], normalised[asking], others, 0)
        for block in range(1, self.blocks):
            normalised, asked = self._normalised(states, 2 * block), self._asking(block)
            others = self._keys_and_values(normalised, block)
            states = self._attending(states[:, asked], normalised[:, asked], others, block)
        return self._normalised(states[:, -1], 2 * self.blocks)

    def _asking(self, block: int) -> slice:
        """Which places ask the others: in the last block the last one alone."""
        return slice(-1, None) if block == self.blocks - 1 else slice(None)

    def _keys_and_values(self, normalised: Float32Array, block: int) -> Float32Array:
        weights, bias = self.arrays["attention"][block], self.arrays["attention_bias"][block]
        made: Float32Array = normalised @ weights[:, self.dimensions :] + bias[self.dimensions :]
        return made

    def _attending(
        self, states: Float32Array, normalised: Float32Array, others: Float32Array, block: int
    ) -> Float32Array:
        """What a block makes of the states that ask, (people, asking, d), and of the keys and values of all places."""
        arrays, width = self.arrays, self.dimensions
        queries = normalised @ arrays["attention"][block][:, :width] + arrays["attention_bias"][block][:width]
        attended = self._attended(queries, others[..., :width], others[..., width:], block)
        states = states + attended @ arrays["joining"][block] + arrays["joining_bias"][block]
        wide = self._normalised(states, 2 * block + 1) @ arrays["widening"][block] + arrays["widening_bias"][block]
        np.maximum(wide, 0, out=wide)
        return states + wide @ arrays["narrowing"][block] + arrays["narrowing_bias"][block]

    def _attended(self, queries: Float32Array, keys: Float32Array, values: Float32Array, block: int) -> Float32Array:
        """Values as far as the queries attend to their keys, (people, queries, d); queries are of the last places."""
        asked, length = queries.shape[1], keys.shape[1]
        queries, keys, values = self._by_head(queries), self._by_head(keys), self._by_head(values)
        agreement = queries @ keys.swapaxes(2, 3)
        agreement *= np.float32(keys.shape[3] ** -0.5)
        rows = slice(length - asked, length)
        agreement += self.arrays["distances"][block][:, self._back[rows, :length]]
        if asked > 1:
            agreement += self._future[rows, :length]
        agreement -= agreement.max(axis=3, keepdims=True)
        np.exp(agreement, out=agreement)
        agreement /= agreement.sum(axis=3, keepdims=True)
        attended = (agreement @ values).swapaxes(1, 2).reshape(len(queries), asked, self.dimensions)
        return np.asarray(attended, np.float32)

    def _by_head(self, states: Float32Array) -> Float32Array:
        people, places, width = states.shape
        return states.reshape(people, places, self.heads, width // self.heads).swapaxes(1, 2)

    def _normalised(self, states: Float32Array, layer: int) -> Float32Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + EPSILON)
        normalised: Float32Array = centred / spread * self.arrays["gains"][layer] + self.arrays["shifts"][layer]
        return normalised
