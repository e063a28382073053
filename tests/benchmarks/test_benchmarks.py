"""Every measurement runs and tells its table; how fast things are is nobody's business here."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_all_measurements_run_in_a_folder_of_their_own_and_tell_their_tables(tmp_path):
    lines = [f"{user} {user % 3} {user % 3 + 3} {user % 3 + 6}\n" for user in range(30)]
    (tmp_path / "train.txt").write_text("".join(lines))
    (tmp_path / "test.txt").write_text("".join(f"{user} {user % 3 + 9}\n" for user in range(15)) + "16 10\n")
    untouched = tmp_path / "var"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--data", str(tmp_path)]
    elsewhere = {"CROSSMARKET_VAR": str(untouched), "DATABASE_URL": "postgres://nowhere:1/none"}
    environment = os.environ | elsewhere | {"WEB_CONCURRENCY": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    for words in ("Ingestion", "COPY of the same rows", "POST /events, 2 senders", "Recommendations", "empty view"):
        assert words in done.stdout
    for words in (
        "bilinear, a person with a new event",
        "Learning",
        "inversion alone",
        "Coupons reserved",
        "budget of 100.00",
    ):
        assert words in done.stdout
    assert not untouched.exists()


def test_a_measurement_of_learning_asks_for_its_data():
    command = [sys.executable, "-m", "benchmarks.learning"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert "--data" in done.stderr


def test_growth_is_measured_and_drawn(tmp_path):
    drawn = tmp_path / "growth.svg"
    command = [sys.executable, "-m", "benchmarks.growth", "--quick", "--chart", str(drawn)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "Building profiles" in done.stdout
    assert drawn.read_text().count("<polyline") == 4


def test_segments_are_measured():
    for name, words in (("live_segments", "nothing else happens"), ("segment_page", "everybody")):
        command = [sys.executable, "-m", f"benchmarks.{name}", "--quick"]
        environment = os.environ | {"WEB_CONCURRENCY": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
        assert words in done.stdout
