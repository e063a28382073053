"""Training time of the default algorithm on a large catalogue, against the implicit library's ALS on the same data.

The library (128 factors, 15 iterations) runs in a Python environment of its own in a folder that is gone afterwards,
with as many threads; both learn from the published training part and are asked for the published test part.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from scipy.sparse import save_npz

from benchmarks import report
from benchmarks.options import Options, read
from recommend.algorithms.registry import DEFAULT, algorithm
from recommend.datasets import open_dataset
from recommend.evaluation import Result, configured, evaluate
from recommend.split import Split, split_of

PEER = "implicit==0.7.3"
FACTORS, ITERATIONS = 128, 15
QUICK_FACTORS, QUICK_ITERATIONS = 8, 1
AIM = 5.0

PROGRAM = """
import sys, time
import numpy as np, scipy.sparse, implicit.als
matrix = scipy.sparse.load_npz(sys.argv[1]).tocsr()
model = implicit.als.AlternatingLeastSquares(
    factors=int(sys.argv[3]), iterations=int(sys.argv[4]), random_state=0, use_gpu=False
)
started = time.perf_counter()
model.fit(matrix, show_progress=False)
print(time.perf_counter() - started)
np.savez(sys.argv[2], people=model.user_factors, items=model.item_factors)
"""


class Peer(msgspec.Struct, frozen=True):
    """seconds: how long the library trained. recall, ndcg: what it reached, at 20."""

    seconds: float
    recall: float
    ndcg: float


class _Product:
    """Scores of the library's factors, for the people of the split in the order they are asked about."""

    def __init__(self, people: np.ndarray, items: np.ndarray, asked: np.ndarray) -> None:
        self._people, self._items, self._asked, self._next = people, items, asked, 0

    def scores(self, histories: object) -> np.ndarray:
        """Products of the factors."""
        size = len(histories)  # type: ignore[arg-type]
        rows = self._asked[self._next : self._next + size]
        self._next += size
        return np.asarray(self._people[rows] @ self._items.T, np.float32)


def measure(options: Options) -> None:
    """Train both in turns and print the table with the ratio."""
    if options.data is None:
        raise SystemExit("Name a folder of interactions with --data, such as that of Gowalla: train and test files.")
    split = split_of(open_dataset("interactions", options.data), print, lambda file, done, total: None)
    ours: list[Result] = []
    theirs: list[Peer] = []
    with tempfile.TemporaryDirectory(prefix="crossmarket-peer-") as name:
        folder = Path(name)
        _install(folder)
        save_npz(folder / "matrix.npz", split.interactions.matrix())
        for _round in range(options.rounds):
            theirs.append(_trained(folder, split, options.quick))
            ours += [evaluate(model, split) for model in configured([algorithm(DEFAULT)], {})]
    _tell(ours, theirs)


def _install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    pip = [folder / "environment" / "bin" / "python", "-m", "pip", "install", "--quiet", PEER]
    if subprocess.run(pip, check=False).returncode:
        raise SystemExit(f"{PEER} could not be installed; see above. It is all that this measurement needs.")


def _trained(folder: Path, split: Split, quick: bool) -> Peer:
    from recommend.evaluation import answers_of

    (folder / "program.py").write_text(PROGRAM)
    sizes = (QUICK_FACTORS, QUICK_ITERATIONS) if quick else (FACTORS, ITERATIONS)
    command = [folder / "environment" / "bin" / "python", folder / "program.py", folder / "matrix.npz"]
    command += [folder / "factors.npz", *map(str, sizes)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    factors = np.load(folder / "factors.npz")
    answers = answers_of(_Product(factors["people"], factors["items"], split.people), split, 20)
    return Peer(float(output.split()[-1]), float(answers.recall(20).mean()), float(answers.ndcg(20).mean()))


def _tell(ours: list[Result], theirs: list[Peer]) -> None:
    own, peer = median(each.fit_seconds for each in ours), median(each.seconds for each in theirs)
    rows = [
        [f"{PEER}, ALS", f"{peer:.1f}", "", f"{theirs[0].recall:.4f}", f"{theirs[0].ndcg:.4f}"],
        [DEFAULT, f"{own:.1f}", f"{own / peer:.1f} x", f"{ours[0].recall_20:.4f}", f"{ours[0].ndcg_20:.4f}"],
    ]
    note = (
        f"{ours[0].users:,} people, {ours[0].items:,} items, {ours[0].interactions:,} interactions; "
        f"median of {len(ours)} rounds in turns. Aim: {AIM:.0f} x at most."
    )
    report.show("Training the default", ["", "fit s", "of ALS", "recall@20", "NDCG@20"], rows, note)


if __name__ == "__main__":
    measure(read(__doc__))
