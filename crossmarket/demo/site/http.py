"""Requests and replies of the demo sites: as much of HTTP as three pages need."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

LONGEST_FORM = 10_000

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """What a browser asks; of repeated fields the last counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    languages: str = ""

    @property
    def address(self) -> str:
        """Path and query, to come back to."""
        query = urlencode({name: value for name, value in self.query.items() if name in ("category", "page")})
        return f"{quote(self.path)}?{query}" if query else quote(self.path)


@dataclass(frozen=True)
class Reply:
    """What it gets."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Headers = field(default_factory=list)


def redirect(address: str, cookies: Mapping[str, str] | None = None) -> Reply:
    """Go on at an address of this site, with these cookies. Addresses elsewhere become the home page."""
    inside = address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
    set_cookies = [
        ("Set-Cookie", f"{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax")
        for name, value in (cookies or {}).items()
    ]
    return Reply(status=303, headers=[("Location", inside.encode("ascii", "ignore").decode()), *set_cookies])


def wsgi(answer: Callable[[Request], Reply]) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """A function from request to reply as a WSGI application."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        reply = answer(_request(environ))
        headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body))), *reply.headers]
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    return application


def _request(environ: dict[str, Any]) -> Request:
    method = "GET" if environ["REQUEST_METHOD"] == "HEAD" else environ["REQUEST_METHOD"]
    return Request(
        method=method,
        path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""))),
        form=_form(environ) if method == "POST" else {},
        cookies=_cookies(environ.get("HTTP_COOKIE", "")),
        languages=environ.get("HTTP_ACCEPT_LANGUAGE", ""),
    )


def _form(environ: dict[str, Any]) -> dict[str, str]:
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), LONGEST_FORM) if length.isdecimal() else 0
    return dict(parse_qsl(environ["wsgi.input"].read(size).decode("utf-8", "replace")))


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
