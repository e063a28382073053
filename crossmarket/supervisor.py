"""One process that starts the others, shows what they print, and ends them all together."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from shlex import join
from typing import Any

import psutil
from honcho.compat import ProcessManager
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer

MARK = "CROSSMARKET_SUPERVISED"
"""Set in the environment of every child to the data folder it works on."""

GRACE = 5
"""Seconds that leftover processes get to end before they are killed."""


SECONDS_BETWEEN_ASKS = 0.1
MOST_ASKS = 100
"""How often a child that was told to end before it had started is waited for."""


class AlreadyRunningError(Exception):
    """Another supervisor works on the same data folder."""


@dataclass(frozen=True)
class Child:
    """A process to run: its name in the log, its command, and what its environment has on top of ours."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


class QuietPrinter(Printer):
    """Shows the children's lines; the supervisor's own about starting and stopping only when `verbose`."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__(sys.stdout)
        self._verbose = verbose

    def write(self, message: Message) -> None:
        """Print one line."""
        if message.name == SYSTEM_PRINTER_NAME and not self._verbose:
            return
        # The terminal may have been closed; the children must be ended all the same.
        with suppress(OSError):
            super().write(message)


class OneByOne(ProcessManager):
    """Asks the child itself to end, and leaves it to the child to end its own children in order."""

    def terminate(self, pid: int) -> None:
        """Send SIGTERM to the one process."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


class Supervisor(Manager):
    """Runs children until a signal comes or one of them ends, then ends all."""

    def __init__(self, children: list[Child], folder: Path, *, verbose: bool = False) -> None:
        super().__init__(QuietPrinter(verbose=verbose))
        self._procmgr = OneByOne()
        self._folder = folder
        self._once_started: Callable[[], None] | None = None
        self._asks = 0
        self.ended_first: list[str] = []
        for child in children:
            environment = os.environ | child.environment | {MARK: str(folder)}
            self.add_process(child.name, f"exec {join(child.command)}", env=environment, cwd=_root())

    def run(self, once_started: Callable[[], None]) -> bool:
        """Run everything; `once_started` goes on in a thread of its own. Returns whether a signal ended it.

        When a child ended by itself, `ended_first` names it.
        """
        self._once_started = once_started
        try:
            self.loop()
        finally:
            end_leftovers(self._folder)
        return not self.ended_first

    def terminate(self) -> None:
        """End all children. Unless a signal asked for it, note who ended by itself."""
        if not self._all_started():
            self._ask_again()
            return
        told = self.returncode is not None and self.returncode > signal.NSIG
        if not (told or self._terminating):
            self.ended_first = [name for name, of in self._processes.items() if of.get("returncode") is not None]
        super().terminate()

    def _ask_again(self) -> None:
        """Put the end off until every child has told its number, without which it cannot be ended."""
        self._asks += 1
        if self._asks > MOST_ASKS:
            raise SystemExit("A child did not even start; ending without it.")  # what did start is ended by its mark
        again = threading.Timer(SECONDS_BETWEEN_ASKS, os.kill, (os.getpid(), signal.SIGTERM))
        again.daemon = True
        again.start()

    def _start(self) -> None:
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        super()._start()
        # Only now: a process with threads is not safe to fork.
        threading.Thread(target=self._once_started, daemon=True).start()


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Be the only supervisor of a data folder inside the block. Raises `AlreadyRunningError`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serve.lock").open("a") as lock:
        # Children must not go on holding the lock of a supervisor that was killed.
        os.register_at_fork(after_in_child=lock.close)
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(
                f"CrossMarket already runs on the data folder {folder}. Stop it first, or run a second copy beside it: "
                "PORT=8100 CROSSMARKET_VAR=/tmp/second make run"
            ) from error
        yield


def end_leftovers(folder: Path) -> int:
    """End the children of a supervisor of this folder that could not do it itself; returns how many there were."""
    leftovers = [process for process in psutil.process_iter(["environ"]) if _is_leftover(process.info, folder)]
    readers = _readers_of(leftovers)
    for process in leftovers:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs([*leftovers, *readers], GRACE)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, GRACE)
    return len(leftovers)


def _readers_of(leftovers: list[psutil.Process]) -> list[psutil.Process]:
    """The forks of the supervisor that read what its children print, one of each.

    They end with the child, unless the supervisor was killed and nobody takes what they have read. They have no mark,
    being what the supervisor was when it started, but they are the parents of those that have one.
    """
    known = {process.pid for process in leftovers} | {os.getpid()}
    found: dict[int, psutil.Process] = {}
    for process in leftovers:
        with suppress(psutil.Error):
            parent = process.parent()
            if parent and parent.pid not in known and "serve" in parent.cmdline():
                found[parent.pid] = parent
    return list(found.values())


def _is_leftover(information: dict[str, Any], folder: Path) -> bool:
    return (information["environ"] or {}).get(MARK) == str(folder)


def _root() -> str:
    return str(Path(__file__).resolve().parent.parent)
