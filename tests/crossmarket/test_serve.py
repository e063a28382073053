"""`manage.py serve` brings up the whole of CrossMarket with one command, and takes it down again."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180


class Copy:
    """A copy of CrossMarket with a data folder and a port of its own, and what it has printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = a_free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}},
            "CROSSMARKET_VAR": str(folder),
            "PORT": str(self.port),
            "SEED_DEMO": "0",
            "WEB_CONCURRENCY": "1",
            "WORKER_CONCURRENCY": "1",
        }
        self.lines: list[str] = []
        self._is_up = threading.Event()
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "manage.py", "serve"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.lines.append(line)
            if "CrossMarket is running" in line:
                self._is_up.set()

    def wait_until_up(self) -> None:
        assert self._is_up.wait(PATIENCE), "".join(self.lines)

    def start_again(self) -> None:
        self._is_up.clear()
        self._start()

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for it, PostgreSQL and Redis too."""

        def belongs(process: psutil.Process) -> bool:
            environment, command = process.info["environ"] or {}, process.info["cmdline"] or []
            ours = environment.get("CROSSMARKET_VAR") == str(self.folder)
            return ours or any(str(self.folder) in part for part in command)

        return [process for process in psutil.process_iter(["environ", "cmdline"]) if belongs(process)]

    def left_running(self) -> list[psutil.Process]:
        """What does not end by itself: where the machine is busy, grandchildren notice late that they are alone."""
        psutil.wait_procs(self.processes(), PATIENCE)
        return self.processes()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command beside it."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collected by the first copy; the second finds them, as it would in a data folder of its own."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def copy(static_files: Path) -> Iterator[Copy]:
    with tempfile.TemporaryDirectory(prefix="crossmarket-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "static").symlink_to(static_files)
        running = Copy(Path(folder))
        yield running
        for process in running.processes():
            process.kill()


def test_everything_comes_up_and_ctrl_c_ends_all_of_it(copy: Copy) -> None:
    copy.wait_until_up()
    answer = requests.get(f"http://127.0.0.1:{copy.port}/readyz", timeout=30)
    assert answer.status_code == 200
    assert answer.json()["ready"]

    beside = copy.run("shell", "--verbosity", "0", "--command", "print('beside')")
    assert beside.stdout == "beside\n"
    again = copy.run("serve")
    assert again.returncode == 1
    assert "already runs on the data folder" in again.stderr
    assert requests.get(f"http://127.0.0.1:{copy.port}/readyz", timeout=30).ok

    copy.process.send_signal(signal.SIGINT)
    assert copy.process.wait(PATIENCE) == 0
    assert copy.left_running() == []


def test_a_copy_that_was_killed_starts_again_and_heeds_sigterm(copy: Copy) -> None:
    copy.wait_until_up()
    copy.process.kill()
    copy.process.wait(PATIENCE)
    for process in copy.processes():
        if process.name() in {"postgres", "redis-server"}:
            process.kill()

    copy.start_again()
    copy.wait_until_up()
    copy.process.terminate()
    assert copy.process.wait(PATIENCE) == 0
    assert copy.left_running() == []


def test_a_taken_port_is_told_before_anything_starts() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environment = os.environ | {"CROSSMARKET_VAR": folder, "PORT": str(port), "SEED_DEMO": "0"}
        refused = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode == 1
        assert f"Port {port} is taken by another program" in refused.stderr
        assert not (Path(folder) / "postgres").exists()


@pytest.mark.parametrize(
    ("setting", "address"),
    [("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"), ("REDIS_URL", "redis://127.0.0.1:1")],
)
def test_a_server_that_does_not_answer_is_named(setting: str, address: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        environment |= {"CROSSMARKET_VAR": folder, "PORT": str(a_free_port()), "SEED_DEMO": "0", setting: address}
        refused = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode == 1
        assert f"No answer from the server that {setting} names" in refused.stderr
        assert "Traceback" not in refused.stderr
