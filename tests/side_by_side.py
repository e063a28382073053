"""Several real processes doing things at the same moment."""

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

PATIENCE = 60
PROCESSES = multiprocessing.get_context("fork")


def side_by_side(*works: Callable[[], Any]) -> list[Any]:
    """Do each of these in a process of its own, all starting together; their answers in the same order.

    The database must be seen by other processes, as in tests with committed transactions. What breaks in a process
    breaks here.
    """
    connections.close_all()  # so that no process speaks over the connection of another
    start = PROCESSES.Barrier(len(works))
    answers = [PROCESSES.Pipe(duplex=False) for _work in works]
    processes = [
        PROCESSES.Process(target=_do, args=(work, start, sender))
        for work, (_, sender) in zip(works, answers, strict=True)
    ]
    for process in processes:
        process.start()
    found = [_answer(receiver) for receiver, _ in answers]
    for process in processes:
        process.join(PATIENCE)
    broken = [answer for is_well, answer in found if not is_well]
    assert not broken, "\n".join(broken)
    return [answer for _, answer in found]


def _do(work: Callable[[], Any], start: Any, sender: Any) -> None:
    try:
        start.wait(PATIENCE)
        sender.send((True, work()))
    except BaseException:  # noqa: BLE001 - it is told to the test
        sender.send((False, traceback.format_exc()))
    finally:
        connections.close_all()


def _answer(receiver: Any) -> Sequence[Any]:
    if not receiver.poll(PATIENCE):
        return (False, f"no answer within {PATIENCE} seconds")
    return receiver.recv()
