"""Many clients at once over real HTTP, each of which wants its answer: it asks again until it has got one.

A client whose connection breaks, or who is told to come again (409 while its first request still runs, 429, 503), sends
the same request again, as the guide of the API tells partners to.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

PATIENCE = 900
"""Seconds within which everybody has to have an answer."""
JSON = ("application/json", "application/problem+json")
COME_AGAIN = {"request_in_progress", "too_many_requests", "unavailable"}


@dataclass(frozen=True)
class Call:
    """A request to the partner API that may be sent again without harm; key: of the platform that sends it."""

    path: str
    key: str
    body: Any = None
    once: str = ""


@dataclass(frozen=True)
class Answer:
    """What a client was told in the end; tries: how often it asked."""

    status: int
    body: Any
    tries: int


@dataclass
class Outcome:
    """answers: of the calls, in their order. faults: what should never come, such as a page or a 500."""

    answers: list[Answer]
    faults: list[str]
    seconds: float

    def with_status(self, *statuses: int) -> list[Answer]:
        """The answers with one of these."""
        return [answer for answer in self.answers if answer.status in statuses]


@dataclass
class Crowd:
    """So many clients that share the calls out among them, all beginning at the same moment.

    during: what happens meanwhile; it is given the crowd, whose `answered` tells how far it has got.
    """

    port: int
    clients: int
    during: Callable[["Crowd"], None] | None = None
    answered: int = 0
    expected: int = 0
    is_done: bool = False
    faults: list[str] = field(default_factory=list)

    def send(self, calls: Sequence[Call]) -> Outcome:
        """Have all calls answered. Raises `RuntimeError` where somebody waits too long."""
        answers: list[Answer | None] = [None] * len(calls)
        next_call = count()
        begin = threading.Barrier(self.clients + 1)
        self.answered, self.expected, self.is_done, self.faults = 0, len(calls), False, []
        deadline = time.monotonic() + PATIENCE

        def client() -> None:
            begin.wait()
            while (place := next(next_call)) < len(calls):
                answers[place] = self._answer(calls[place], deadline)
                self.answered += 1

        threads = [threading.Thread(target=client, daemon=True) for _client in range(self.clients)]
        if self.during is not None:
            threads.append(threading.Thread(target=self._meanwhile, args=(self.during,), daemon=True))
        for thread in threads:
            thread.start()
        begin.wait()
        started = time.perf_counter()
        for thread in threads[: self.clients]:
            thread.join()
        taken = time.perf_counter() - started
        self.is_done = True
        for thread in threads[self.clients :]:
            thread.join()
        missing = sum(answer is None for answer in answers)
        if missing:
            raise RuntimeError(f"{missing} of {len(calls)} calls got no answer; {self.faults[:3]}")
        return Outcome([answer for answer in answers if answer is not None], self.faults, taken)

    def _meanwhile(self, during: Callable[["Crowd"], None]) -> None:
        try:
            during(self)
        except Exception as error:  # noqa: BLE001 it is told with the outcome
            self.faults.append(f"what was to happen meanwhile broke: {error!r}")

    def _answer(self, call: Call, deadline: float) -> Answer | None:
        for tries in count(1):
            if time.monotonic() > deadline:
                return None
            try:
                status, kind, raw = self._ask(call)
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
                continue
            if kind not in JSON or (status >= 500 and status != 503):
                self.faults.append(f"{status} {kind}: {raw[:200]!r}")
            body = json.loads(raw) if kind in JSON else {}
            if status in (409, 429, 500, 503) and body.get("code", "server_error") in {*COME_AGAIN, "server_error"}:
                time.sleep(0.2)
                continue
            return Answer(status, body, tries)
        return None

    def _ask(self, call: Call) -> tuple[int, str, bytes]:
        """One request over a connection of its own: nothing is known of one that others have used."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {call.key}", "Content-Type": "application/json"}
        if call.once:
            headers["Idempotency-Key"] = call.once
        try:
            raw = b"" if call.body is None else json.dumps(call.body).encode()
            connection.request("POST", f"/api/v1{call.path}", raw, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get_content_type(), answer.read()
        finally:
            connection.close()
