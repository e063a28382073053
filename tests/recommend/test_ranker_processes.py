"""Several processes, started by `torchrun`, train the ranker that one process trains."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("ranker_in_processes.py")
TOGETHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def figures(*launcher: str) -> dict[str, float]:
    """What the script tells, once."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, str(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def test_two_processes_reach_what_one_reaches() -> None:
    alone, together = figures(), figures(*TOGETHER)
    assert together["ndcg"] == pytest.approx(alone["ndcg"], abs=0.01)
    assert together["log_loss"] == pytest.approx(alone["log_loss"], abs=0.005)
