"""How a partner's server talks to CrossMarket: events with the secret key, and tokens for its visitors' browsers."""

import json
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt

from crossmarket.demo.notes import PlatformKeys

TOKEN_SECONDS = 3600
PATIENCE_SECONDS = 3
EXCHANGES_KEPT = 8


@dataclass(frozen=True)
class Exchange:
    """A call to CrossMarket as the panel shows it: what was sent and what came back."""

    at: datetime
    call: str
    sent: str
    status: str
    answer: str
    is_good: bool

    @property
    def answer_fields(self) -> dict[str, Any]:
        """The answer as an object; empty where it is none."""
        try:
            read = json.loads(self.answer)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def why(self) -> str:
        """Why it was refused, in words."""
        return str(self.answer_fields.get("detail") or self.answer)


class Partner:
    """One platform's connection to CrossMarket at `url` (without a slash at the end).

    Calls never fail towards the site: a partner's page must not suffer from what it only reports.
    """

    def __init__(self, keys: PlatformKeys, url: str) -> None:
        self.keys, self.url = keys, url
        self.exchanges: deque[Exchange] = deque(maxlen=EXCHANGES_KEPT)

    def user_token(self, user_id: str) -> str:
        """A token that lets the browser of this user act for them, for an hour."""
        now = int(time.time())
        claims = {"sub": user_id, "iat": now, "exp": now + TOKEN_SECONDS}
        return jwt.encode(claims, self.keys.signing_secret, algorithm="HS256")

    def tell(
        self, event_type: str, user_id: str, item_id: str, value: int | None = None, recommendation_id: str = ""
    ) -> Exchange:
        """Report what a user did with a course, and keep the exchange for the panel."""
        event: dict[str, Any] = {
            "message_id": str(uuid4()),
            "type": event_type,
            "user_id": user_id,
            "item_id": item_id,
            "timestamp": datetime.now(UTC).isoformat(),
        }
        if value is not None:
            event["value"] = value
        if recommendation_id:
            event["context"] = {"recommendation_id": recommendation_id}
        return self.ask("POST", "events", {"batch": [event]})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, idempotency_key: str = "") -> Exchange:
        """Call the API with the secret key, and keep the exchange for the panel."""
        exchange = self._call(method, f"/api/v1/{path}", body, idempotency_key)
        self.exchanges.appendleft(exchange)
        return exchange

    def _call(self, method: str, path: str, body: dict[str, Any] | None, idempotency_key: str) -> Exchange:
        at, call = datetime.now(UTC), f"{method} {path}"
        sent = "" if body is None else json.dumps(body, ensure_ascii=False, indent=1)
        headers = {"Authorization": f"Bearer {self.keys.secret_key}", "Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        request = urllib.request.Request(self.url + path, sent.encode() or None, headers, method=method)  # noqa: S310 (the operator's address)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310
                status, answer, is_good = response.status, response.read().decode(), True
        except urllib.error.HTTPError as error:
            status, answer, is_good = error.code, error.read().decode(errors="replace"), False
        except OSError as error:
            return Exchange(at, call, sent, "—", f"{self.url}: {error}", is_good=False)
        return Exchange(at, call, sent, str(status), answer, is_good)
