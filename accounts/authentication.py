"""Who calls the partner API: a server with a secret key, or a browser with a publishable key and a user token."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from accounts import known_keys
from accounts.models import ApiKey, KeyKind, Platform
from accounts.services.keys import digest_of
from accounts.user_tokens import user_id_of
from crossmarket.foundation import generations, rate_limits
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.rate_limits import RateLimit
from crossmarket.foundation.redis import RedisError

SCHEME = "bearer"
LOOKS = 3
"""How often memory is asked when keys are being changed at that very moment, before the database is."""

KeysAhead = Callable[[Platform, str | None], list[str]]
"""Which entries of Redis a view will need for a caller; they are fetched on the way, to save a round trip."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `user_id` is the one person a browser speaks for; None for servers and anonymous visitors.

    `ahead` holds the entries of Redis that the view asked for.
    """

    platform: Platform
    kind: KeyKind
    user_id: str | None
    rate_limit: RateLimit
    ahead: Mapping[str, bytes | None]

    @property
    def is_server(self) -> bool:
        """Whether the call came with a secret key."""
        return self.kind == KeyKind.SECRET

    def require_user(self, user_id: str) -> None:
        """Raise `Problem` 403 unless the caller may act for this user."""
        if not (self.is_server or self.user_id == user_id):
            raise Problem(403, "not_this_user", "A browser acts for the person of its user token alone.")


def nothing_ahead(platform: Platform, user_id: str | None) -> list[str]:
    """For views that need nothing of Redis."""
    return []


def identify(request: HttpRequest, keys_ahead: KeysAhead = nothing_ahead) -> Caller:
    """Who sent this request. Raises `Problem`: 401 no or bad key or token, 403 foreign origin, 429 too often."""
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != SCHEME:
        raise _no_key("missing_key", "Send a key of your platform as `Authorization: Bearer sk_…`.")
    digest = digest_of(token.strip())
    with suppress(RedisError):  # without Redis memory cannot be trusted, and nobody can be counted
        for _look in range(LOOKS):
            if caller := _remembered(request, digest, keys_ahead):
                caller.rate_limit.check()
                return caller
    key = known_keys.read(digest)
    if key is None:
        raise _invalid_key()
    user_id = _user_of(request, key)
    return Caller(key.platform, KeyKind(key.kind), user_id, rate_limits.limit(_quota(key), 0), {})


def _remembered(request: HttpRequest, digest: str, keys_ahead: KeysAhead) -> Caller | None:
    """The caller by what this process remembers; None when that turned out to be outdated. Raises `RedisError`."""
    known = known_keys.find(digest)
    if known is None:
        raise _invalid_key()
    key = known.key
    try:
        user_id = _user_of(request, key)
    except Problem:
        # The platform may have changed its origins or its secret since this process looked.
        generation = generations.token(generations.API_KEYS)
        if generation == known.generation:
            raise
        known_keys.renew(generation)
        return None
    ahead = keys_ahead(key.platform, user_id)
    calls, (counted_in, *values) = rate_limits.count(
        _counted_as(request, digest, key, user_id), [known_keys.GENERATION_KEY, *ahead]
    )
    if counted_in != known.generation:
        known_keys.renew(counted_in)
        return None
    limit = rate_limits.limit(_quota(key), calls)
    return Caller(key.platform, KeyKind(key.kind), user_id, limit, dict(zip(ahead, values, strict=True)))


def _quota(key: ApiKey) -> int:
    """Calls a minute."""
    is_secret = key.kind == KeyKind.SECRET
    quota: int = settings.API_RATE_LIMIT_SECRET if is_secret else settings.API_RATE_LIMIT_PUBLISHABLE
    return quota


def _counted_as(request: HttpRequest, digest: str, key: ApiKey, user_id: str | None) -> str:
    """Servers are counted by key, browsers each by itself."""
    if key.kind == KeyKind.SECRET:
        return digest[:32]
    visitor = user_id or request.META.get("REMOTE_ADDR", "")
    return digest_of(f"{digest} {visitor}")[:32]


def _user_of(request: HttpRequest, key: ApiKey) -> str | None:
    """The one user that the caller speaks for; None for servers and anonymous visitors. Raises `Problem`."""
    return None if key.kind == KeyKind.SECRET else _user_of_browser(request, key.platform)


def _user_of_browser(request: HttpRequest, platform: Platform) -> str | None:
    """The user that a browser speaks for; None for an anonymous visitor. Raises `Problem` 401 or 403."""
    origin = request.headers.get("Origin") or _own_origin_of_page(request)
    allowed = {*platform.origins, f"{request.scheme}://{request.get_host()}"}
    if origin not in allowed:
        raise Problem(
            403,
            "origin_not_allowed",
            f"Pages of {origin or 'an unknown origin'} may not use this key. Add the origin to the platform's origins.",
        )
    token = request.headers.get("X-User-Token", "")
    return user_id_of(token, platform) if token else None


def _own_origin_of_page(request: HttpRequest) -> str:
    """Browsers send no Origin with GET requests to the page's own site, but say that it is the same origin."""
    is_same = request.headers.get("Sec-Fetch-Site") == "same-origin"
    return f"{request.scheme}://{request.get_host()}" if is_same else ""


def _invalid_key() -> Problem:
    return _no_key("invalid_key", "This key does not exist, was revoked or has ended.")


def _no_key(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, headers={"WWW-Authenticate": "Bearer"})
