"""The web server's worker: gunicorn's with threads, but what it cannot read is answered as a problem, not as a page."""

from http import HTTPStatus
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

CODES = {
    414: "address_too_long",
    417: "expectation_failed",
    431: "headers_too_large",
    500: "server_error",
    501: "not_implemented",
}


class ProblemWorker(ThreadWorker):
    """Requests that are no HTTP, or too large in line or headers, never reach Django: gunicorn answers them itself."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Log and answer as gunicorn does, in our words."""
        super().handle_error(req, _Answering(client), addr, exc)


class _Answering:
    """A connection over which an error page turns into a problem."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def sendall(self, page: bytes) -> None:
        """Send the problem in place of the page."""
        status = HTTPStatus(int(page.split(b" ", 2)[1]))
        self._connection.sendall(_problem(status))


def _problem(status: HTTPStatus) -> bytes:
    from crossmarket.foundation.problems import Problem

    code = CODES.get(status, "bad_request")
    answer = Problem(
        status, code, f"The web server could not read this request: {status.description or status.phrase}."
    )
    response = answer.response()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: {response.headers['Content-Type']}\r\nContent-Length: {len(response.content)}\r\n\r\n"
    )
    return head.encode() + response.content
