"""Several processes, started by `torchrun`, train the models that one process trains, and one of them reports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recommend.test_sequence import crossroads

ROOT = Path(__file__).resolve().parents[2]
TOGETHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
SETTINGS = ("dimensions=16", "blocks=1", "max_epochs=4", "learning_rate=0.01", "batch_size=96", "dropout=0")


@pytest.fixture
def folder(tmp_path) -> Path:
    """People at crossroads, each one's last course held back, of which their order tells which it is."""
    world = crossroads(150)
    known, asked = [], []
    for person in range(world.n_users):
        *courses, last = world.items[world.users == person].tolist()
        known.append(f"{person} {' '.join(map(str, courses))}\n")
        asked.append(f"{person} {last}\n")
    (tmp_path / "train.txt").write_text("".join(known))
    (tmp_path / "test.txt").write_text("".join(asked))
    return tmp_path


def evaluated(folder: Path, *launcher: str) -> dict[str, dict]:
    """What `manage.py evaluate` prints of both models, by name."""
    arguments = ["--data", str(folder), "--format", "sequences", "--algorithm", "sequence,bilinear", "--json"]
    for setting in SETTINGS:
        arguments += ["--set", setting]
    environment = os.environ | {"CROSSMARKET_VAR": str(folder / "var"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, str(ROOT / "manage.py"), "evaluate", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["algorithm"] for result in results] == ["sequence", "bilinear"], "told once, not by every process"
    return {result["algorithm"]: result for result in results}


def test_two_processes_reach_what_one_reaches(folder):
    alone, together = evaluated(folder), evaluated(folder, *TOGETHER)
    for name in ("sequence", "bilinear"):
        assert together[name]["ndcg@10"] == pytest.approx(alone[name]["ndcg@10"], abs=0.03)
    assert together["sequence"]["ndcg@10"] > 0.8
