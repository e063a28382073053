"""Several real processes doing things at the same moment."""

import os
import pickle
import select
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

PATIENCE = 60


def side_by_side(*works: Callable[[], Any], patience: float = PATIENCE) -> list[Any]:
    """Do each of these in a process of its own, all starting together; their answers in the same order.

    The database must be seen by other processes, as in tests with committed transactions. What breaks in a process
    breaks here.
    """
    connections.close_all()  # so that no process speaks over the connection of another
    gate, opener = os.pipe()
    processes = [_fork(work, gate, opener) for work in works]
    os.close(gate)
    os.close(opener)
    deadline = time.monotonic() + patience
    answers = [process.answer(deadline) for process in processes]
    broken = [answer for is_well, answer in answers if not is_well]
    assert not broken, "\n".join(broken)
    return [answer for _, answer in answers]


@dataclass
class _Process:
    pid: int
    pipe: int

    def answer(self, deadline: float) -> tuple[bool, Any]:
        """Whether all went well, and the answer or else the traceback."""
        told = b""
        while select.select([self.pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            if part := os.read(self.pipe, 65_536):
                told += part
                continue
            break
        else:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.pipe)
        os.waitpid(self.pid, 0)
        return pickle.loads(told) if told else (False, "a process ended or waited too long without a word")


def _fork(work: Callable[[], Any], gate: int, opener: int) -> _Process:
    """A plain fork: what libraries hang on multiprocessing's would close connections that belong to the parent."""
    receiver, sender = os.pipe()
    pid = os.fork()
    if pid:
        os.close(sender)
        return _Process(pid, receiver)
    try:
        os.close(opener)
        os.read(gate, 1)  # comes back when the parent and all others have closed the opener
        with os.fdopen(sender, "wb") as pipe:
            pipe.write(pickle.dumps(_done(work)))
        connections.close_all()
    finally:
        os._exit(0)


def _done(work: Callable[[], Any]) -> tuple[bool, Any]:
    try:
        return True, work()
    except BaseException:  # noqa: BLE001 - it is told to the test
        return False, traceback.format_exc()
