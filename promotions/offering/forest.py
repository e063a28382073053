"""A forest of regression trees as plain arrays: learned by scikit-learn, kept and read without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from promotions.offering.ladder import Float64Array, IntArray


@dataclass(frozen=True)
class ForestConfig:
    """leaf: the fewest rows at the end of a branch. share: of rows and of features that a tree looks at.

    most_rows: a tree looks at no more, so that a million past offers take no longer.
    """

    n_trees: int = 20
    leaf: int = 30
    share: float = 0.75
    most_rows: int = 20_000
    seed: int = 0


@dataclass(frozen=True)
class Forest:
    """roots: (trees,). Of each node: left, right, where it goes on (itself at the end), feature, threshold, value."""

    roots: IntArray
    left: IntArray
    right: IntArray
    feature: IntArray
    threshold: Float64Array
    value: Float64Array
    depth: int

    def predict(self, x: Float64Array) -> Float64Array:
        """The mean of all trees for each row of x; float64 (n,)."""
        x = x.astype(np.float32)  # as the trees were learned
        rows, total = np.arange(len(x)), np.zeros(len(x))
        for root in self.roots:
            node = np.full(len(x), root)
            for _ in range(self.depth):
                goes_left = x[rows, self.feature[node]] <= self.threshold[node]
                node = np.where(goes_left, self.left[node], self.right[node])
            total += self.value[node]
        return total / max(len(self.roots), 1)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it, to be stored; see `from_arrays`."""
        kept = ("roots", "left", "right", "feature", "threshold", "value")
        return {"depth": np.array([self.depth]), **{name: getattr(self, name) for name in kept}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Forest":
        """The forest that gave these arrays."""
        branches = (arrays["roots"], arrays["left"], arrays["right"])
        return cls(*branches, arrays["feature"], arrays["threshold"], arrays["value"], int(arrays["depth"][0]))


def fit(x: Float64Array, y: Float64Array, weights: Float64Array, config: ForestConfig) -> Forest:
    """Learn y (n,) from x (n, p), rows counting as `weights` (n,)."""
    most = min(1.0, config.most_rows / len(y) if config.most_rows < config.share * len(y) else config.share)
    found = RandomForestRegressor(
        config.n_trees,
        min_samples_leaf=config.leaf,
        max_features=config.share,
        max_samples=most,
        random_state=config.seed,
    ).fit(x, y, sample_weight=weights)
    return joined([_of_tree(each.tree_) for each in found.estimators_])


def joined(forests: Sequence[Forest]) -> Forest:
    """One forest of all their trees."""
    sizes = np.array([len(each.left) for each in forests])
    first = np.cumsum(sizes) - sizes
    moved = list(zip(forests, first, strict=True))
    return Forest(
        np.concatenate([each.roots + start for each, start in moved]),
        np.concatenate([each.left + start for each, start in moved]),
        np.concatenate([each.right + start for each, start in moved]),
        np.concatenate([each.feature for each in forests]),
        np.concatenate([each.threshold for each in forests]),
        np.concatenate([each.value for each in forests]),
        max(each.depth for each in forests),
    )


def _of_tree(tree: Any) -> Forest:
    left, right = np.array(tree.children_left), np.array(tree.children_right)
    own = np.arange(len(left))
    ends = left < 0
    feature = np.where(ends, 0, tree.feature)
    value = np.asarray(tree.value)[:, 0, 0]
    branches = (np.where(ends, own, left), np.where(ends, own, right))
    threshold, depth = np.asarray(tree.threshold), int(tree.max_depth)
    return Forest(np.zeros(1, np.int64), *branches, feature, threshold, value, depth)
