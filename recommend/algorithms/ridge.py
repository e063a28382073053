"""Ridge regression that chooses its own penalty, by leaving out each example in turn."""

import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""What is tried, in units of squared features: about an example's length each."""
LEAST_LEFT = 1e-3
"""Of its own prediction an example decides all but this share at most."""


def fit_ridge(features: Float32Array, targets: Float32Array, weights: Float64Array) -> Float32Array:
    """Coefficients M, float32 (k, r), such that features M foretells the targets.

    features: (n, k); targets: (n, r); weights: (n,), how much each example counts, above 0.
    M minimises the weighted |targets - features M|^2 + penalty |M|^2, under the penalty with the least weighted error
    on examples that were left out, which has a closed form: the residual over one minus the example's leverage.
    """
    roots = np.sqrt(weights)[:, None]
    inputs, outputs = features * roots, targets * roots
    values, axes = np.linalg.eigh(inputs.T @ inputs)
    values = np.maximum(values, 0.0)
    turned = inputs @ axes
    products = turned.T @ outputs
    best_error, best_penalty = np.inf, PENALTIES[0]
    for penalty in PENALTIES:
        leverage = (turned**2 @ (1 / (values + penalty)))[:, None]
        residuals = (outputs - turned @ (products / (values + penalty)[:, None])) / np.maximum(1 - leverage, LEAST_LEFT)
        error = float((residuals**2).sum())
        if error < best_error:
            best_error, best_penalty = error, penalty
    return (axes @ (products / (values + best_penalty)[:, None])).astype(np.float32)
