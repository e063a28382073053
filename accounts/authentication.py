"""Who calls the partner API: a server with a secret key, or a browser with a publishable key and a user token."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import known_keys
from accounts.models import KeyKind, Platform
from accounts.services.keys import digest_of
from accounts.user_tokens import user_id_of
from crossmarket.foundation import rate_limits
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.rate_limits import RateLimit

if TYPE_CHECKING:
    # Django REST framework's views import this module while they are being imported themselves.
    from rest_framework.views import APIView

BEARER = "Bearer "


@dataclass(frozen=True)
class Caller:
    """Who calls. `user_id` is the one person a browser speaks for; None for servers and anonymous visitors."""

    platform: Platform
    kind: KeyKind
    user_id: str | None
    rate_limit: RateLimit

    @property
    def is_server(self) -> bool:
        """Whether the call came with a secret key."""
        return self.kind == KeyKind.SECRET

    def may_act_for(self, user_id: str) -> bool:
        """Whether the caller may ask or say something about this user."""
        return self.is_server or self.user_id == user_id

    def require_user(self, user_id: str) -> None:
        """Raise `Problem` 403 unless the caller may act for this user."""
        if not self.may_act_for(user_id):
            raise Problem(403, "not_this_user", "A browser acts for the person of its user token alone.")


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_…`, or `pk_…` from an allowed origin with `X-User-Token`."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        """The caller. Raises `Problem` 401, 403 or 429."""
        return identify(request._request), None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return BEARER.strip()


def identify(request: HttpRequest) -> Caller:
    """Who sent this request. Raises `Problem`: 401 no or bad key or token, 403 foreign origin, 429 too often."""
    header = request.headers.get("Authorization", "")
    if not header.startswith(BEARER):
        raise _no_key("missing_key", "Send a key of your platform as `Authorization: Bearer sk_…`.")
    digest = digest_of(header.removeprefix(BEARER).strip())
    key = known_keys.find(digest)
    if key is None:
        raise _no_key("invalid_key", "This key does not exist, was revoked or has ended.")
    if key.kind == KeyKind.SECRET:
        limit = rate_limits.count(digest[:32], settings.API_RATE_LIMIT_SECRET)
        return Caller(key.platform, KeyKind.SECRET, None, limit)
    _check_origin(request, key.platform)
    token = request.headers.get("X-User-Token", "")
    user_id = user_id_of(token, key.platform) if token else None
    visitor = user_id or request.META.get("REMOTE_ADDR", "")
    limit = rate_limits.count(digest_of(f"{digest} {visitor}")[:32], settings.API_RATE_LIMIT_PUBLISHABLE)
    return Caller(key.platform, KeyKind.PUBLISHABLE, user_id, limit)


class HasApiKey(BasePermission):
    """Every call needs a key; calls that change more than the caller's own person need a secret one.

    A view says by `browsers_may_call = True` that publishable keys are welcome.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raises `Problem` 403 with words instead of answering False."""
        if not request.user.is_server and not getattr(view, "browsers_may_call", False):
            raise Problem(403, "secret_key_required", "Only a platform's server, with a secret key, may do that.")
        return True


def _check_origin(request: HttpRequest, platform: Platform) -> None:
    origin = request.headers.get("Origin") or _own_origin_of_page(request)
    allowed = {*platform.origins, f"{request.scheme}://{request.get_host()}"}
    if origin not in allowed:
        raise Problem(
            403,
            "origin_not_allowed",
            f"Pages of {origin or 'an unknown origin'} may not use this key. Add the origin to the platform's origins.",
        )


def _own_origin_of_page(request: HttpRequest) -> str:
    """Browsers send no Origin with GET requests to the page's own site, but say that it is the same origin."""
    is_same = request.headers.get("Sec-Fetch-Site") == "same-origin"
    return f"{request.scheme}://{request.get_host()}" if is_same else ""


def _no_key(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, headers={"WWW-Authenticate": "Bearer"})
