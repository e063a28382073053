"""User tokens: a platform's server tells, signed, which of its users is looking at a page."""

import re
from datetime import UTC, datetime, timedelta

import jwt

from accounts.models import Platform
from crossmarket.foundation.problems import Problem

LONGEST_LIFETIME = timedelta(hours=24)
LEEWAY_SECONDS = 30
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
"""What no database can store: U+0000, and halves of surrogate pairs."""


def user_id_of(token: str, platform: Platform) -> str:
    """The platform's user id in the token (JWT, HS256, `sub` and `exp`). Raises `Problem` 401."""
    try:
        claims = jwt.decode(
            token,
            platform.signing_secret,
            algorithms=["HS256"],
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub"], "verify_aud": False},
        )
    except jwt.ExpiredSignatureError:
        raise _refused(
            "expired_user_token", "The user token has expired; the platform's server must sign a new one."
        ) from None
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        # PyJWT lets through what Python says of claims of odd types, numbers without bounds and deep nesting.
        raise _refused("invalid_user_token", f"The user token is not valid: {error}.") from None
    latest = datetime.now(UTC) + LONGEST_LIFETIME + timedelta(seconds=LEEWAY_SECONDS)
    if not isinstance(claims["exp"], int | float):
        raise _refused("invalid_user_token", "The user token's exp is no number of seconds.")
    if claims["exp"] > latest.timestamp():
        raise _refused("invalid_user_token", "The user token is valid for more than 24 hours; sign shorter ones.")
    user_id: str = claims["sub"]
    if not 1 <= len(user_id) <= 200 or NOT_STORABLE.search(user_id):
        raise _refused("invalid_user_token", "The user token names no user id of 1 to 200 characters.")
    return user_id


def _refused(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, headers={"WWW-Authenticate": "Bearer"})
