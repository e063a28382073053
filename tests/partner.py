"""A platform that calls the partner API, as a server with its secret key or as a browser on its pages."""

import gzip
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from django.http import HttpResponse
from django.test import Client, TestCase

from accounts.models import Platform
from accounts.services.platforms import create_platform

ORIGIN = "https://shop.example"
PROBLEM = "application/problem+json"


@dataclass
class Partner:
    """A platform with its keys. Calls are made in this process, through everything that stands before a view."""

    platform: Platform
    secret_key: str
    publishable_key: str
    http: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, key: str | None = None
    ) -> HttpResponse:
        """Call `/api/v1` + path with the secret key, or another one; bytes are sent as they are."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {key or self.secret_key}", **(headers or {})}
        content_type = sent.pop("Content-Type", "application/json")
        # What is done once a transaction is committed is done, though the test's own transaction never is.
        with TestCase.captureOnCommitCallbacks(execute=True):
            return self.http.generic(method, f"/api/v1{path}", raw, content_type, headers=sent)

    def get(self, path: str, **options: Any) -> HttpResponse:
        """GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        """POST."""
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        """PUT."""
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> HttpResponse:
        """DELETE."""
        return self.call("DELETE", path, **options)

    def browse(
        self, method: str, path: str, body: Any = None, user_id: str | None = None, **headers: str
    ) -> HttpResponse:
        """The same from a page of the platform: with the publishable key, for one person or an anonymous visitor."""
        token = {"X-User-Token": self.user_token(user_id)} if user_id is not None else {}
        sent = {"Origin": ORIGIN, **token, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.call(method, path, body, sent, self.publishable_key)

    def user_token(self, user_id: Any, **claims: Any) -> str:
        """What the platform's server gives its page to say who looks at it."""
        said = {"sub": user_id, "exp": datetime.now(UTC) + timedelta(hours=1), **claims}
        return jwt.encode(said, self.platform.signing_secret, algorithm="HS256")

    def recommended(self, user_id: str = "", **query: Any) -> dict[str, Any]:
        """An answer of `GET /recommendations`."""
        asked = "&".join(f"{name}={value}" for name, value in {"user_id": user_id, **query}.items())
        response = self.get(f"/recommendations?{asked}")
        assert response.status_code == 200, response.content
        return response.json()

    def recommended_ids(self, user_id: str = "", **query: Any) -> list[str]:
        """The item ids of an answer, best first."""
        return [item["item_id"] for item in self.recommended(user_id, **query)["items"]]


def new_partner(slug: str = "shop") -> Partner:
    """A platform that was just made, whose pages live at `ORIGIN`."""
    made = create_platform(slug, name=slug.title(), origins=[ORIGIN])
    return Partner(made.platform, made.secret_key, made.publishable_key)


def event(**fields: Any) -> dict[str, Any]:
    """A view of item `c1` by user `u1`, a minute ago, with a message id of its own; None leaves a field out."""
    minute_ago = datetime.now(UTC) - timedelta(minutes=1)
    whole = {
        "message_id": str(uuid4()),
        "type": "view",
        "user_id": "u1",
        "item_id": "c1",
        "timestamp": minute_ago.isoformat(),
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def item(item_id: str, **fields: Any) -> dict[str, Any]:
    """An item to describe."""
    return {"item_id": item_id, "title": f"课程 {item_id}", "category": "编程开发", "price": 9900, **fields}


def batch(*entries: Any) -> dict[str, Any]:
    """A batch of entries."""
    return {"batch": list(entries)}


def gzipped(body: Any) -> bytes:
    """A body as senders compress it."""
    return gzip.compress(body if isinstance(body, bytes) else json.dumps(body).encode())


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem in a response, once it is shown to be this one, whole and of the right type."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response.headers["Content-Type"] == PROBLEM
    told = json.loads(response.content)
    assert told["code"] == code, told
    assert told["status"] == status
    assert told["type"].endswith(code)
    assert told["title"]
    assert told["detail"]
    for wrong in told.get("errors", []):
        assert wrong.keys() == {"pointer", "code", "detail"}
    return told
