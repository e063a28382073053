"""Load for a web server: prepared requests over a few lasting connections, each sending its next one when answered.

The sender is a process of its own that does nothing but pass bytes (about 20 µs a request), so that what is measured
is the server. `send` starts it and waits; `python -m benchmarks.load` is the process.
"""

import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import msgspec

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


class Work(msgspec.Struct, frozen=True):
    """Requests, whole as they go over the wire, to be shared by so many connections."""

    port: int
    connections: int
    requests: list[bytes]


class Outcome(msgspec.Struct, frozen=True):
    """How it went: seconds from first to last byte, the seconds of each answer, and how often each status came."""

    seconds: float
    latencies: list[float]
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """The time within which this share of the answers came, in milliseconds."""
        return quantile(self.latencies, share)

    def require(self, status: int) -> "Outcome":
        """Raise `RuntimeError` when not everything was answered with this status."""
        if set(self.statuses) != {status}:
            raise RuntimeError(f"Expected answers with status {status} only, got {self.statuses}.")
        return self


def quantile(seconds: list[float], share: float) -> float:
    """The time that this share of them does not exceed, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(method: str, path: str, key: str = "", body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + HEAD_END + body


def send(port: int, requests: list[bytes], connections: int) -> Outcome:
    """Send all requests from a process of its own and tell how it went."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=msgspec.msgpack.encode(Work(port, connections, requests)),
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parent.parent,
        check=True,
    )
    return msgspec.msgpack.decode(done.stdout, type=Outcome)


class _Connection:
    """One lasting connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._expected = 0
        self.sent_at = 0.0

    def send(self, data: bytes) -> None:
        self._received, self._expected = b"", 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(data)

    def receive(self) -> int:
        """Take what has come; the status once the answer is whole, else 0."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise RuntimeError("The server closed a connection before it had answered.")
        self._received += chunk
        if not self._expected:
            head, end, _body = self._received.partition(HEAD_END)
            if not end:
                return 0
            lower = head.lower()
            length = lower[lower.index(LENGTH) + len(LENGTH) :].split(b"\r\n", 1)[0]
            self._expected = len(head) + len(HEAD_END) + int(length)
        return int(self._received[9:12]) if len(self._received) >= self._expected else 0


def _run(work: Work) -> Outcome:
    waiting = deque(work.requests)
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    connections = [_Connection(work.port) for _ in range(min(work.connections, len(waiting)))]
    started = time.perf_counter()
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(waiting.popleft())
    while len(latencies) < len(work.requests):
        for ready, _events in selector.select():
            connection = ready.data
            if status := connection.receive():
                latencies.append(time.perf_counter() - connection.sent_at)
                statuses[status] = statuses.get(status, 0) + 1
                if waiting:
                    connection.send(waiting.popleft())
    return Outcome(time.perf_counter() - started, latencies, statuses)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.msgpack.encode(_run(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Work))))
