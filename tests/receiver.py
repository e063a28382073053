"""A partner's server that receives webhooks: real HTTP on a port of its own, which answers as a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Received:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The id of the message."""
        return self.headers["webhook-id"]

    @property
    def change(self) -> dict[str, Any]:
        """The change that was told."""
        return json.loads(self.body)

    @property
    def user_id(self) -> str:
        """Of whom it was."""
        return self.change["data"]["user_id"]


@dataclass
class Receiver:
    """What came so far, and with which status each request is answered: a number, or what a function says of it.

    `raw` is sent instead of any answer, and then the connection is closed. `at_once` is the most requests that were
    ever answered at the same moment.
    """

    url: str = ""
    answer: int | Callable[[Received], int] = 200
    headers: dict[str, str] = field(default_factory=dict)
    words: bytes = b"thanks"
    raw: bytes | None = None
    received: list[Received] = field(default_factory=list)
    at_once: int = 0
    pause: threading.Event = field(default_factory=threading.Event)
    _inside: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.pause.set()

    @property
    def told(self) -> list[tuple[str, Any]]:
        """User and number (of data) of each request, in the order in which they came."""
        return [(each.user_id, each.change["data"].get("number")) for each in self.received]

    def enter(self, received: Received) -> int:
        """Note a request; the status to answer it with."""
        with self._lock:
            self._inside += 1
            self.at_once = max(self.at_once, self._inside)
            self.received.append(received)
        self.pause.wait(30)
        return self.answer if isinstance(self.answer, int) else self.answer(received)

    def leave(self) -> None:
        """Note that a request is answered."""
        with self._lock:
            self._inside -= 1


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A running receiver, which webhooks may be sent to though it is on this very machine."""
    settings.WEBHOOKS_TO_PRIVATE_NETWORKS = True
    with running() as made:
        yield made


class running:  # noqa: N801 - reads as a context manager
    """A receiver while the block runs; its server may be prepared before."""

    def __init__(self, prepare: Callable[[ThreadingHTTPServer], None] = lambda _server: None) -> None:
        self.prepare = prepare

    def __enter__(self) -> Receiver:
        self.receiver = Receiver()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.receiver))
        self.prepare(self.server)
        self.receiver.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self.receiver

    def __exit__(self, *_: object) -> None:
        self.receiver.pause.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.enter(Received({name.lower(): value for name, value in self.headers.items()}, body))
            with suppress(OSError):  # whoever does not wait for the answer does not get it
                self._answer(status)
            receiver.leave()

        def _answer(self, status: int) -> None:
            if receiver.raw is not None:
                self.wfile.write(receiver.raw)
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(receiver.words)), **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.words)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
