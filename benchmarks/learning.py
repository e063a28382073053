"""Training time and quality on real sequences, against the one matrix inversion that EASE cannot do without.

The limit is LAPACK inverting a symmetric matrix of as many courses (Cholesky, 32 bits), on the same cores.
"""

import time
from statistics import median

import numpy as np

from benchmarks import report
from benchmarks.options import Options, read
from recommend.algorithms.registry import algorithm
from recommend.datasets import open_dataset
from recommend.evaluation import Result, configured, evaluate
from recommend.split import split_of

ALGORITHMS = ("popularity", "ease", "bilinear")


def measure(options: Options) -> None:
    """Train and evaluate each algorithm once (EASE as often as there are rounds) and print the table."""
    if options.data is None:
        raise SystemExit("Name a folder of sequences with --data, such as that of MOOCCubeX.")
    split = split_of(open_dataset("sequences", options.data), print, lambda file, done, total: None)
    names = ALGORITHMS[:2] if options.quick else ALGORITHMS
    kinds = configured([algorithm(name) for name in names], {})
    results = [evaluate(kind, split) for kind in kinds]
    limits = [_inversion_seconds(split.interactions.n_items) for _round in range(options.rounds)]
    _tell(results, median(limits), options.rounds)


def _inversion_seconds(size: int) -> float:
    from scipy.linalg import lapack

    draws = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    matrix = np.asfortranarray(draws @ draws.T + size * np.eye(size, dtype=np.float32))
    started = time.perf_counter()
    factor, _ = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    lapack.spotri(factor, lower=1, overwrite_c=1)
    return time.perf_counter() - started


def _tell(results: list[Result], limit: float, rounds: int) -> None:
    popularity = results[0]
    rows = [["inversion alone (the limit)", f"{limit:.2f}", "", "", ""]]
    rows += [
        [
            result.algorithm,
            f"{result.fit_seconds:.2f}",
            report.percent(limit / max(result.fit_seconds, 1e-9)) if result.algorithm == "ease" else "",
            f"{result.ndcg_10:.4f}",
            f"{result.ndcg_10 / popularity.ndcg_10:.1f} x",
        ]
        for result in results
    ]
    note = (
        f"{popularity.users:,} people, {popularity.items:,} items, {popularity.interactions:,} interactions; "
        f"the limit is the median of {rounds} rounds."
    )
    headings = ["", "fit s", "of the limit", "NDCG@10", "of popularity"]
    report.show("Learning", headings, rows, note)


if __name__ == "__main__":
    measure(read(__doc__))
