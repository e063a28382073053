"""Profile vectors: standardised features reduced by PCA, a scikit-learn pipeline kept as plain arrays."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from profiles.modeling.columns import Floats

DIMENSIONS = 10
MOST_AT_ONCE = 20_000
"""Beyond so many persons the components are found in parts of this size, in bounded memory."""
FURTHEST = 8.0
"""Standardised features are cut here: one extraordinary person must not turn everybody's axes."""


def fit_pipeline(matrix: Floats, dimensions: int = DIMENSIONS) -> Pipeline:
    """Standardise and reduce features (persons, features) to `dimensions`, or fewer where there is less to learn."""
    if len(matrix) == 1:
        matrix = np.repeat(matrix, 2, axis=0)  # one person varies in nothing
    kept = max(1, min(dimensions, *matrix.shape))
    scaler = StandardScaler().fit(matrix)
    if len(matrix) <= MOST_AT_ONCE:
        with np.errstate(invalid="ignore"):
            reducer: PCA | IncrementalPCA = PCA(kept, svd_solver="full").fit(cut(scaler.transform(matrix)))
    else:
        reducer = IncrementalPCA(kept)
        for part in np.array_split(matrix, -(-len(matrix) // MOST_AT_ONCE)):
            reducer.partial_fit(cut(scaler.transform(part)))
    reducer.explained_variance_ratio_ = np.nan_to_num(reducer.explained_variance_ratio_)
    return _pipeline(scaler, reducer)


def arrays_of(pipeline: Pipeline) -> dict[str, npt.NDArray[np.float64]]:
    """What the pipeline has learned."""
    scaler, reducer = pipeline["standardise"], pipeline["reduce"]
    return {
        "scaler_mean": scaler.mean_,
        "scaler_scale": scaler.scale_,
        "components": reducer.components_,
        "centre": reducer.mean_,
        "variance": reducer.explained_variance_,
        "variance_ratio": reducer.explained_variance_ratio_,
    }


def pipeline_from(arrays: Mapping[str, npt.NDArray[np.float64]]) -> Pipeline:
    """The pipeline that has learned this. Raises `KeyError` when an array is missing."""
    scaler, reducer = StandardScaler(), PCA(len(arrays["components"]))
    scaler.mean_, scaler.scale_ = arrays["scaler_mean"], arrays["scaler_scale"]
    scaler.var_, scaler.n_features_in_ = scaler.scale_**2, len(scaler.mean_)
    reducer.components_, reducer.mean_ = arrays["components"], arrays["centre"]
    reducer.explained_variance_, reducer.explained_variance_ratio_ = arrays["variance"], arrays["variance_ratio"]
    reducer.n_components_, reducer.n_features_in_ = len(reducer.components_), len(reducer.mean_)
    return _pipeline(scaler, reducer)


def cut(standardised: Floats) -> Floats:
    """Features no further from the mean than `FURTHEST`."""
    return np.clip(standardised, -FURTHEST, FURTHEST)


def _pipeline(scaler: StandardScaler, reducer: PCA | IncrementalPCA) -> Pipeline:
    from sklearn.preprocessing import FunctionTransformer

    return Pipeline([("standardise", scaler), ("cut", FunctionTransformer(cut)), ("reduce", reducer)])
