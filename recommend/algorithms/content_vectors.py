"""Courses as vectors of what they are: words, sentences, covers and audio previews, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recommend.algorithms.interactions import Descriptions, Float32Array

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST_AXES = 64
"""Numbers kept of what was measured of covers or sounds: their main axes."""
POWER_ITERATIONS = 4


@dataclass(frozen=True)
class Weights:
    """How long the part of each kind is in a course's vector, before a regression decides what it is good for."""

    text: float
    pictures: float
    sounds: float


def content_vectors(
    words: csr_matrix, descriptions: Descriptions, dimensions: int, weights: Weights, seed: int
) -> Float32Array:
    """A vector of each course, float32 (n_items, k), the last number 1 for all; parts nothing is known of are 0.

    words: what `word_matrix` makes of the descriptions, of which `dimensions` axes are kept at most.
    """
    parts = [_axes_of_words(words, dimensions, seed) * weights.text]
    for measured, weight in (
        (descriptions.sentences, weights.text),
        (descriptions.pictures, weights.pictures),
        (descriptions.sounds, weights.sounds),
    ):
        if measured is not None and weight:
            parts.append(_main_axes(measured) * weight)
    parts.append(np.ones((len(descriptions.texts), 1), np.float32))
    return np.hstack(parts).astype(np.float32)


def _axes_of_words(matrix: csr_matrix, dimensions: int, seed: int) -> Float32Array:
    """Latent semantic analysis: the words' leading singular vectors, (n_items, axes), rows of length 1 or 0."""
    from sklearn.utils.extmath import randomized_svd

    count = min(dimensions, *matrix.shape)
    if not count or not matrix.nnz:
        return np.zeros((matrix.shape[0], 0), np.float32)
    left, values, _right = randomized_svd(matrix, count, n_iter=POWER_ITERATIONS, random_state=seed)
    return _of_length_one(left * values)


def _main_axes(measured: Float32Array) -> Float32Array:
    """Principal components of standardised measurements, (n_items, axes), rows of length 1; 0 for rows of NaN."""
    is_known = np.isfinite(measured).all(axis=1)
    known = measured[is_known].astype(np.float64)
    axes = np.zeros((len(measured), min(MOST_AXES, measured.shape[1])), np.float32)
    if len(known) < 2:
        return axes
    known = (known - known.mean(axis=0)) / np.maximum(known.std(axis=0), 1e-6)
    _values, turns = np.linalg.eigh(known.T @ known)
    axes[is_known] = _of_length_one(known @ turns[:, ::-1][:, : axes.shape[1]])
    return axes


def _of_length_one(vectors: np.ndarray) -> Float32Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(lengths > 1e-6, vectors / np.maximum(lengths, 1e-6), 0).astype(np.float32)
