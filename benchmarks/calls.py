"""Calls of the partner API of a running system, one after the other over one connection, as a platform's server."""

import http.client
import time
from urllib.parse import urlencode, urlsplit

import msgspec


class Item(msgspec.Struct):
    """What matters here of a recommended item."""

    item_id: str


class Answered(msgspec.Struct):
    """An answer of `GET /recommendations`."""

    items: list[Item]


class Caller:
    """A platform's server; `seconds` holds how long each list took."""

    def __init__(self, address: str, key: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.seconds: list[float] = []

    def items_for(self, user: int, limit: int) -> list[int]:
        """The items recommended to this user, best first."""
        query = urlencode({"user_id": user, "limit": limit})
        started = time.perf_counter()
        body = self.call("GET", f"recommendations?{query}")
        self.seconds.append(time.perf_counter() - started)
        return [int(item.item_id) for item in msgspec.json.decode(body, type=Answered).items]

    def state_joining(self, user: int, agrees: bool) -> None:
        """State whether this user agrees to joining what platforms know."""
        statement = {"cross_platform": agrees, "policy_version": "benchmark"}
        self.call("PUT", f"users/{user}/consents", msgspec.json.encode(statement))

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of the answer. Ends the program when it is no success."""
        self._connection.request(method, f"/api/v1/{path}", body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != http.client.OK:
            raise SystemExit(f"{method} {path} was answered with {response.status}: {answer.decode()[:300]}")
        return answer
