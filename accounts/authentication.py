"""Who calls the partner API: a server with a secret key, or a browser with a publishable key and a user token."""

from collections.abc import Callable, Mapping
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

BEARER = "Bearer "
LOOKS = 3
"""How often a call is looked at when keys are being changed at that very moment."""

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
    header = request.headers.get("Authorization", "")
    if not header.startswith(BEARER):
        raise _no_key("missing_key", "Send a key of your platform as `Authorization: Bearer sk_…`.")
    digest = digest_of(header.removeprefix(BEARER).strip())
    for _look in range(LOOKS):
        key = known_keys.find(digest)
        if key is None:
            raise _no_key("invalid_key", "This key does not exist, was revoked or has ended.")
        try:
            user_id = None if key.kind == KeyKind.SECRET else _user_of_browser(request, key.platform)
        except Problem:
            # The platform may have changed its origins or its secret since this process looked.
            if known_keys.is_current(generations.current(generations.API_KEYS)):
                raise
            continue
        generation, caller = _count(request, digest, key, user_id, keys_ahead(key.platform, user_id))
        if known_keys.is_current(generation):
            caller.rate_limit.check()
            return caller
    raise Problem(409, "conflict", "The keys of this platform are being changed; try again.")


def _count(
    request: HttpRequest, digest: str, key: ApiKey, user_id: str | None, ahead: list[str]
) -> tuple[bytes | None, Caller]:
    """Count the call and fetch what the view needs, in one round trip; also the generation of keys."""
    kind = KeyKind(key.kind)
    quota, name = settings.API_RATE_LIMIT_SECRET, digest[:32]
    if kind is not KeyKind.SECRET:
        visitor = user_id or request.META.get("REMOTE_ADDR", "")
        quota, name = settings.API_RATE_LIMIT_PUBLISHABLE, digest_of(f"{digest} {visitor}")[:32]
    try:
        calls, (generation, *values) = rate_limits.count(name, [known_keys.GENERATION_KEY, *ahead])
    except RedisError:
        calls, generation, values = 0, generations.unknown(), [None] * len(ahead)
        known_keys.is_current(generation)
    limit = rate_limits.limit(quota, calls)
    return generation, Caller(key.platform, kind, user_id, limit, dict(zip(ahead, values, strict=True)))


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


def _no_key(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, headers={"WWW-Authenticate": "Bearer"})
