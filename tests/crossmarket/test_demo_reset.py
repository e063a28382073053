"""Starting over removes what a demo made, and nothing else, and never under a running copy."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crossmarket import supervisor


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="crossmarket-", dir="/tmp") as made:
        monkeypatch.setenv("CROSSMARKET_VAR", made)
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.delenv("REDIS_URL", raising=False)
        data = Path(made)
        for name in ("postgres", "redis", "media/models"):
            (data / name).mkdir(parents=True)
        for name in ("demo.json", "secret_key", "celerybeat-schedule", "media/models/weights"):
            (data / name).write_text("kept by a running copy")
        yield data


def test_database_redis_media_and_notes_go_and_the_key_stays(folder: Path) -> None:
    call_command("demo_reset")
    left = {path.name for path in folder.iterdir()}
    assert "secret_key" in left
    assert not left & {"postgres", "redis", "media", "demo.json", "celerybeat-schedule"}


def test_it_refuses_while_a_copy_is_running(folder: Path) -> None:
    with supervisor.only_one(folder), pytest.raises(CommandError, match="is running on"):
        call_command("demo_reset")
    assert (folder / "postgres").exists()


def test_it_refuses_while_a_command_uses_the_data(folder: Path) -> None:
    holding = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, 1); print('held', flush=True); input()"
    command = [sys.executable, "-c", holding, str(folder / "services.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CommandError, match="Stop that command first"):
            call_command("demo_reset")
        holder.communicate("\n")
    assert (folder / "postgres").exists()


def test_it_refuses_servers_of_ones_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    with pytest.raises(CommandError, match="DATABASE_URL names a server of your own"):
        call_command("demo_reset")
    assert (folder / "postgres").exists()


def test_data_that_no_demo_made_goes_only_by_force(folder: Path) -> None:
    (folder / "demo.json").unlink()
    with pytest.raises(CommandError, match="not a demo's"):
        call_command("demo_reset")
    assert (folder / "postgres").exists()
    call_command("demo_reset", force=True)
    assert not (folder / "postgres").exists()


def test_nothing_to_reset_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSMARKET_VAR", str(folder / "none"))
    with pytest.raises(CommandError, match="nothing to reset"):
        call_command("demo_reset")
