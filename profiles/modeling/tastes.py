"""Tastes: what somebody is drawn to, in fewer numbers than there are topics."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from profiles.modeling.columns import Floats

DIMENSIONS = 16


@dataclass(frozen=True)
class TasteAxes:
    """Along which people's interests vary together: centre (topics,), components (dimensions, topics)."""

    centre: Floats
    components: Floats

    def along(self, topics: Floats) -> Floats:
        """Interests (persons, topics) on these axes, shape (persons, dimensions), rows of length 1.

        Only the direction is kept: what somebody likes, and not how much of it they have shown. Rows are 0 for those of
        whom no interest is known.
        """
        vectors = (np.sqrt(topics) - self.centre) @ self.components.T
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        known = (topics.sum(axis=1, keepdims=True) > 0) & (length > 0)
        return np.divide(vectors, length, out=np.zeros_like(vectors), where=known)


def fit_axes(topics: Floats, dimensions: int = DIMENSIONS) -> TasteAxes:
    """The axes of these interests (persons, topics): principal components of the square roots of shares.

    Between square roots the distance is that of Hellinger, in which a share of 0.1 more tells most where it was small.
    """
    known = np.sqrt(topics[topics.sum(axis=1) > 0])
    kept = min(dimensions, *known.shape)
    if kept < 1 or len(known) < 2:
        return TasteAxes(np.zeros(topics.shape[1]), np.eye(topics.shape[1])[:dimensions])
    found = PCA(kept, svd_solver="full").fit(known)
    return TasteAxes(found.mean_, found.components_)
