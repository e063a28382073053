"""Training time of the default algorithm on a large catalogue, against the implicit library's ALS on the same data.

The library (128 factors, 15 iterations) runs in a Python environment of its own in a folder that is gone afterwards,
with as many threads; both learn from the published training part. What the default reaches on the test part is told.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from scipy.sparse import save_npz

from benchmarks import report
from benchmarks.options import Options, read
from recommend.algorithms.registry import DEFAULT, algorithm
from recommend.datasets import open_dataset
from recommend.evaluation import Result, configured, evaluate
from recommend.split import split_of

PEER = "implicit==0.7.3"
FACTORS, ITERATIONS = 128, 15
QUICK_FACTORS, QUICK_ITERATIONS = 8, 1
AIM = 5.0

PROGRAM = """
import sys, time
import scipy.sparse, implicit.als
matrix = scipy.sparse.load_npz(sys.argv[1]).tocsr()
model = implicit.als.AlternatingLeastSquares(
    factors=int(sys.argv[2]), iterations=int(sys.argv[3]), random_state=0, use_gpu=False
)
started = time.perf_counter()
model.fit(matrix, show_progress=False)
print(time.perf_counter() - started)
"""


def measure(options: Options) -> None:
    """Train both in turns and print the table with the ratio."""
    if options.data is None:
        raise SystemExit("Name a folder of interactions with --data, such as that of Gowalla: train and test files.")
    split = split_of(open_dataset("interactions", options.data), print, lambda file, done, total: None)
    ours: list[Result] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory(prefix="crossmarket-peer-") as name:
        folder = Path(name)
        _install(folder)
        save_npz(folder / "matrix.npz", split.interactions.matrix())
        for _round in range(options.rounds):
            theirs.append(_seconds(folder, options.quick))
            ours += [evaluate(model, split) for model in configured([algorithm(DEFAULT)], {})]
    _tell(ours, theirs)


def _install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    pip = [folder / "environment" / "bin" / "python", "-m", "pip", "install", "--quiet", PEER]
    if subprocess.run(pip, check=False).returncode:
        raise SystemExit(f"{PEER} could not be installed; see above. It is all that this measurement needs.")


def _seconds(folder: Path, quick: bool) -> float:
    """How long the library trains."""
    (folder / "program.py").write_text(PROGRAM)
    sizes = (QUICK_FACTORS, QUICK_ITERATIONS) if quick else (FACTORS, ITERATIONS)
    command = [folder / "environment" / "bin" / "python", folder / "program.py", folder / "matrix.npz"]
    output = subprocess.run([*command, *map(str, sizes)], check=True, capture_output=True, text=True).stdout
    return float(output.split()[-1])


def _tell(ours: list[Result], theirs: list[float]) -> None:
    own, peer = median(each.fit_seconds for each in ours), median(theirs)
    rows = [
        [f"{PEER}, ALS", f"{peer:.1f}", "", "", ""],
        [DEFAULT, f"{own:.1f}", f"{own / peer:.1f} x", f"{ours[0].recall_20:.4f}", f"{ours[0].ndcg_20:.4f}"],
    ]
    note = (
        f"{ours[0].users:,} people, {ours[0].items:,} items, {ours[0].interactions:,} interactions; "
        f"median of {len(ours)} rounds in turns. Aim: {AIM:.0f} x at most."
    )
    report.show("Training the default", ["", "fit s", "of ALS", "recall@20", "NDCG@20"], rows, note)


if __name__ == "__main__":
    measure(read(__doc__))
