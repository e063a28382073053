"""All processes live and end together: by a signal, when one crashes, and when their supervisor is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from crossmarket import supervisor

ROOT = Path(__file__).resolve().parents[2]
SUPERVISE = """
import sys
from pathlib import Path
from crossmarket.supervisor import Child, Supervisor
children = [Child(f"child{n}", [sys.executable, "-c", code]) for n, code in enumerate(sys.argv[3:])]
running = Supervisor(children, Path(sys.argv[2]))
told = running.run(once_started=lambda: print("started", flush=True))
print("told" if told else f"ended first: {running.ended_first}")
"""
SLEEP = "print('here', flush=True); import time; time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
TALK = "import time\nwhile True: print('x' * 1_000, flush=True); time.sleep(0.001)"
CRASH = "import sys; sys.exit('broken on purpose')"


def start(folder: Path, *codes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, "serve", str(folder), *codes], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def children_of(folder: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["environ"])
    return [process for process in found if (process.info["environ"] or {}).get(supervisor.MARK) == str(folder)]


def wait_until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def both_run(folder: Path) -> bool:
    return len(children_of(folder)) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all(tmp_path: Path, number: signal.Signals) -> None:
    running = start(tmp_path, SLEEP, SLEEP)
    wait_until(lambda: both_run(tmp_path))
    running.send_signal(number)
    output, _ = running.communicate(timeout=60)
    assert output.endswith("told\n")
    assert children_of(tmp_path) == []


def test_a_signal_that_comes_before_all_have_started_ends_all(tmp_path: Path) -> None:
    for _attempt in range(3):
        running = start(tmp_path, *[SLEEP] * 6)
        wait_until(lambda: bool(children_of(tmp_path)))
        running.send_signal(signal.SIGINT)
        output, _ = running.communicate(timeout=60)
        assert output.endswith("told\n")
        assert children_of(tmp_path) == []


def test_a_child_that_does_not_heed_signals_is_killed(tmp_path: Path) -> None:
    running = start(tmp_path, SLEEP, STUBBORN)
    wait_until(lambda: both_run(tmp_path))
    running.terminate()
    running.communicate(timeout=60)
    assert children_of(tmp_path) == []


def test_a_crash_ends_all_and_is_named(tmp_path: Path) -> None:
    running = start(tmp_path, SLEEP, CRASH)
    output, _ = running.communicate(timeout=60)
    assert "child1 | broken on purpose" in output
    assert output.endswith("ended first: ['child1']\n")
    assert children_of(tmp_path) == []


def test_what_a_killed_supervisor_left_is_ended(tmp_path: Path) -> None:
    running = start(tmp_path, SLEEP, SLEEP)
    wait_until(lambda: both_run(tmp_path))
    running.kill()
    running.wait(60)
    assert both_run(tmp_path)
    assert supervisor.end_leftovers(tmp_path) == 2
    assert children_of(tmp_path) == []


def test_nor_does_anybody_wait_on_to_read_what_they_said(tmp_path: Path) -> None:
    running = start(tmp_path, TALK, TALK)
    wait_until(lambda: both_run(tmp_path))
    running.kill()
    running.wait(60)
    time.sleep(1)  # for more to be said than a pipe holds that nobody reads
    supervisor.end_leftovers(tmp_path)
    readers = [each for each in psutil.process_iter(["cmdline"]) if str(tmp_path) in (each.info["cmdline"] or [])]
    assert readers == []


def test_leftovers_of_another_data_folder_are_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", SLEEP], env=os.environ | {supervisor.MARK: "/elsewhere"}, stdout=subprocess.DEVNULL
    )
    assert supervisor.end_leftovers(tmp_path) == 0
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_second_supervisor_of_a_folder_is_refused_with_advice(tmp_path: Path) -> None:
    with supervisor.only_one(tmp_path):
        again = supervisor.only_one(tmp_path)
        with pytest.raises(supervisor.AlreadyRunningError, match="CROSSMARKET_VAR=/tmp/second make run"), again:
            pytest.fail("should be refused")
    with supervisor.only_one(tmp_path):
        pass
