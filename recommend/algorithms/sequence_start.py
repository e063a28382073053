"""Where the training of the sequence model begins: embeddings that already tell which courses go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recommend.algorithms.base import DECOMPOSING, Arrays, Interactions, Progress
from recommend.algorithms.examples import Events
from recommend.algorithms.interactions import Float32Array, Int32Array

if TYPE_CHECKING:
    from recommend.algorithms.sequence import SequenceConfig

POWER_ITERATIONS = 3
LARGEST = 3.0
EVENED_OUT = 0.75
"""How far embeddings are brought to one length: 0 keeps that courses met rarely are short, 1 makes all alike."""


def initial_arrays(events: Events, interactions: Interactions, config: SequenceConfig, progress: Progress) -> Arrays:
    """The parameters that `sequence_forward.KNOWLEDGE` names.

    Layers begin small and at random, so that at first what was chosen last speaks: with embeddings that are axes of
    taste, and a bias that is the log of popularity, this recommends already.
    """
    random = np.random.default_rng(config.seed)
    d, blocks = config.dimensions, config.blocks
    progress(DECOMPOSING, 0, 1, {})
    courses = np.concatenate([_embeddings(events, interactions, d, config.seed), random.normal(size=(1, d))])
    progress(DECOMPOSING, 1, 1, {})

    def layer(rows: int, columns: int) -> np.ndarray:
        limit = rows**-0.5
        return random.uniform(-limit, limit, size=(blocks, rows, columns))

    arrays = {
        "courses": courses * d**-0.5,
        "bias": log_popularity(events.items, interactions.n_items),
        "distances": np.zeros((blocks, config.heads, config.history_length)),
        "gains": np.ones((2 * blocks + 1, d)),
        "shifts": np.zeros((2 * blocks + 1, d)),
        "attention": layer(d, 3 * d),
        "attention_bias": np.zeros((blocks, 3 * d)),
        "joining": layer(d, d),
        "joining_bias": np.zeros((blocks, d)),
        "widening": layer(d, 2 * d),
        "widening_bias": np.zeros((blocks, 2 * d)),
        "narrowing": layer(2 * d, d),
        "narrowing_bias": np.zeros((blocks, d)),
    }
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def log_popularity(items: Int32Array, n_items: int) -> Float32Array:
    """The log of each course's share of these choices, float32 (n_items,); of one choice more each."""
    counts = np.bincount(items, minlength=n_items) + 1.0
    return np.log(counts / counts.sum()).astype(np.float32)


def _embeddings(events: Events, interactions: Interactions, count: int, seed: int) -> Float32Array:
    """Axes of taste but the first, which is popularity, (n_items, count), with entries of about 1."""
    from scipy.sparse import csr_matrix
    from sklearn.utils.extmath import randomized_svd

    shape = interactions.n_users, interactions.n_items
    embeddings = np.random.default_rng(seed).normal(scale=0.1, size=(shape[1], count))
    wanted = min(count + 1, *shape)
    by_person = np.bincount(events.people, minlength=shape[0])[events.people]
    by_item = np.bincount(events.items, minlength=shape[1])[events.items]
    values = (by_person**-0.5 * (by_item + 1.0) ** -0.5).astype(np.float32)
    matrix = csr_matrix((values, (events.people, events.items)), shape=shape)
    _, strengths, axes = randomized_svd(matrix, wanted, n_iter=POWER_ITERATIONS, random_state=seed)
    found = axes[1:].T * np.sqrt(strengths[1:])
    lengths = np.sqrt(np.square(found).mean(axis=1, keepdims=True)) if found.size else np.ones((shape[1], 1))
    found = found / np.maximum(lengths, 1e-6) ** EVENED_OUT
    size = np.sqrt(np.square(found).mean()) if found.size else 1.0
    embeddings[:, : found.shape[1]] += np.clip(found / max(size, 1e-6), -LARGEST, LARGEST)
    return embeddings.astype(np.float32)
