"""`manage.py evaluate`, run as people run it, where no database is up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
KEYS = [
    "algorithm",
    "params",
    "users",
    "items",
    "interactions",
    "fit_seconds",
    "users_per_second",
    "recall@10",
    "recall@20",
    "ndcg@10",
    "ndcg@20",
]


def evaluate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    nowhere = "postgres://nobody@127.0.0.1:1/none"
    environment = os.environ | {
        "CROSSMARKET_VAR": str(folder / "var"),
        "DATABASE_URL": nowhere,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LOG_LEVEL": "INFO",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "evaluate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)


@pytest.fixture
def sequences(tmp_path) -> Path:
    folder = tmp_path / "sequences"
    folder.mkdir()
    (folder / "train.txt").write_text(
        "".join(f"{user} {user % 3} {user % 3 + 3} {user % 3 + 6}\n" for user in range(30))
    )
    (folder / "test.txt").write_text("".join(f"{user} {user % 3 + 9}\n" for user in range(15)) + "16 10\n")
    return folder


def test_one_json_object_per_algorithm_and_nothing_else_on_the_standard_output(sequences, tmp_path):
    arguments = ("--data", str(sequences), "--format", "sequences", "--algorithm", "popularity,ease,bilinear", "--json")
    done = evaluate(tmp_path, *arguments, "--set", "max_items=10", "--set", "max_epochs=1")
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["algorithm"] for result in results] == ["popularity", "ease", "bilinear"]
    assert all(list(result) == KEYS for result in results)
    assert all((result["users"], result["items"], result["interactions"]) == (30, 12, 90) for result in results)
    assert results[0]["params"] == {"compact": False, "half_life_days": 0.0}
    assert results[1]["params"]["max_items"] == 10
    assert results[2]["params"]["max_epochs"] == 1
    assert not (tmp_path / "var" / "postgres").exists()


def test_without_json_a_table_for_eyes(sequences, tmp_path):
    done = evaluate(tmp_path, "--data", str(sequences), "--format", "sequences", "--algorithm", "ease")
    assert done.returncode == 0, done.stderr
    assert "30 people, 12 items, 90 interactions" in done.stdout
    assert "ndcg@10" in done.stdout


def test_broken_lines_are_told_by_number_and_skipped(sequences, tmp_path):
    with (sequences / "train.txt").open("a") as file:
        file.write("1 2 three\n" + "broken\n" * 30)
    done = evaluate(tmp_path, "--data", str(sequences), "--format", "sequences", "--algorithm", "popularity", "--json")
    assert json.loads(done.stdout)["interactions"] == 90
    assert "train.txt, line 31: the item 'three'" in done.stderr
    assert "Skipped 31 lines in all" in done.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--data": "nowhere"}, "There is no folder nowhere"),
        ({"--format": "spreadsheet"}, "the formats are sequences, ratings, pairs, interactions"),
        ({"--format": "pairs"}, "has no file *_train.txt.gz"),
        ({"--algorithm": "magic"}, "the algorithms are popularity, ease, bilinear"),
        ({"--algorithm": ","}, "at least one algorithm"),
        ({"--set": "colour=red"}, "No chosen algorithm has the setting 'colour'"),
        ({"--set": "regularization=much"}, "regularization"),
        ({"--set": "regularization=-1"}, "regularization"),
        ({"--set": "regularization"}, "key=value"),
    ],
)
def test_what_people_can_put_right_is_said(sequences, capsys, changes, message):
    given = {"--data": str(sequences), "--format": "sequences", "--algorithm": "ease"} | changes
    with pytest.raises(CommandError) as refused:
        call_command("evaluate", "--json", *(part for pair in given.items() for part in pair))
    assert message in " ".join(str(refused.value).split())
    assert not capsys.readouterr().out


def test_it_is_said_without_a_traceback(sequences, tmp_path):
    (sequences / "train.txt").write_text("")
    done = evaluate(tmp_path, "--data", str(sequences), "--format", "sequences", "--algorithm", "ease", "--json")
    assert done.returncode != 0
    assert "no interactions to train on" in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
