"""Features as a model sees them: standardised, with bends at their quantiles, so that effects may level off or turn."""

from dataclasses import dataclass

import numpy as np

from promotions.offering.ladder import Float64Array

LEAST_SPREAD = 1e-9


@dataclass(frozen=True)
class Basis:
    """What turns features (n, p) into columns (n, q), the first of them constant.

    mean, scale: (p,). knots: (k, 2), the feature and the standardised place of each bend.
    """

    mean: Float64Array
    scale: Float64Array
    knots: Float64Array

    @classmethod
    def of(cls, features: Float64Array, bends: int) -> "Basis":
        """The basis of these features, with so many bends for each that takes more than two values."""
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale = np.where(scale > LEAST_SPREAD, scale, 1.0)
        x = (features - mean) / scale
        shares = np.arange(1, bends + 1) / (bends + 1)
        knots = [
            (column, place)
            for column in range(x.shape[1])
            if bends and len(np.unique(x[:, column])) > 2
            for place in np.unique(np.quantile(x[:, column], shares))
        ]
        return cls(mean, scale, np.array(knots, float).reshape(-1, 2))

    def columns(self, features: Float64Array) -> Float64Array:
        """The columns of some people's features, float64 (n, q)."""
        x = (features - self.mean) / self.scale
        bent = np.maximum(x[:, self.knots[:, 0].astype(int)] - self.knots[:, 1], 0.0)
        return np.hstack([np.ones((len(x), 1)), x, bent])
