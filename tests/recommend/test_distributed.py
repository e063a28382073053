"""Several processes, started by `torchrun`, train the models that one process trains, and one of them reports."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.recommend.test_sequence import crossroads

ROOT = Path(__file__).resolve().parents[2]
TOGETHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
SETTINGS = ("dimensions=16", "blocks=1", "max_epochs=4", "learning_rate=0.01", "batch_size=96", "dropout=0")


@pytest.fixture
def folder(tmp_path) -> Path:
    """People at crossroads, each one's last course held back, of which their order tells which it is."""
    world = crossroads(120)
    known, asked = [], []
    for person in range(world.n_users):
        *courses, last = world.items[world.users == person].tolist()
        known.append(f"{person} {' '.join(map(str, courses))}\n")
        asked.append(f"{person} {last}\n")
    (tmp_path / "train.txt").write_text("".join(known))
    (tmp_path / "test.txt").write_text("".join(asked))
    return tmp_path


def arguments_of(folder: Path) -> list[str]:
    """How both models are evaluated there."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return ["--data", str(folder), "--format", "sequences", "--algorithm", "sequence,bilinear", "--json", *settings]


def results_of(printed: str) -> dict[str, dict]:
    """What `manage.py evaluate` printed, by the name of the model."""
    results = [json.loads(line) for line in printed.splitlines()]
    assert [result["algorithm"] for result in results] == ["sequence", "bilinear"], "told once, not by every process"
    return {result["algorithm"]: result for result in results}


def evaluated_alone(folder: Path) -> dict[str, dict]:
    printed = StringIO()
    call_command("evaluate", *arguments_of(folder), stdout=printed)
    return results_of(printed.getvalue())


def evaluated_together(folder: Path) -> dict[str, dict]:
    environment = os.environ | {"CROSSMARKET_VAR": str(folder / "var"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *TOGETHER, str(ROOT / "manage.py"), "evaluate", *arguments_of(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return results_of(done.stdout)


def test_two_processes_reach_what_one_reaches(folder):
    alone, together = evaluated_alone(folder), evaluated_together(folder)
    for name in ("sequence", "bilinear"):
        assert together[name]["ndcg@10"] == pytest.approx(alone[name]["ndcg@10"], abs=0.03)
    assert together["sequence"]["ndcg@10"] > 0.8
