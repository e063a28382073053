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
        """h, (people, d), of places (people, t)."""
        states = self.courses.rows(places) * np.float32(self.dimensions**0.5)
        for block in range(self.blocks):
            states = self._block(states, block, only_last=block == self.blocks - 1)
        return self._normalised(states[:, -1], 2 * self.blocks)

    def _block(self, states: Float32Array, block: int, only_last: bool) -> Float32Array:
        arrays, width = self.arrays, self.dimensions
        normalised = self._normalised(states, 2 * block)
        weights, bias = arrays["attention"][block], arrays["attention_bias"][block]
        kept = slice(-1, None) if only_last else slice(None)
        queries = normalised[:, kept] @ weights[:, :width] + bias[:width]
        others = normalised @ weights[:, width:] + bias[width:]
        attended = self._attended(queries, others[..., :width], others[..., width:], block)
        states = states[:, kept] + attended @ arrays["joining"][block] + arrays["joining_bias"][block]
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
