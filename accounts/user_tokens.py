"""User tokens: a platform's server tells, signed, which of its users is looking at a page."""

from datetime import UTC, datetime, timedelta

import jwt

from accounts.models import Platform
from crossmarket.foundation.problems import Problem

LONGEST_LIFETIME = timedelta(hours=24)
LEEWAY_SECONDS = 30


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
    except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
        raise _refused("invalid_user_token", f"The user token is not valid: {error}.") from None
    latest = datetime.now(UTC) + LONGEST_LIFETIME + timedelta(seconds=LEEWAY_SECONDS)
    if claims["exp"] > latest.timestamp():
        raise _refused("invalid_user_token", "The user token is valid for more than 24 hours; sign shorter ones.")
    user_id = claims["sub"]
    if not 1 <= len(user_id) <= 200 or "\0" in user_id:
        raise _refused("invalid_user_token", "The user token names no user id of 1 to 200 characters.")
    return user_id


def _refused(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, headers={"WWW-Authenticate": "Bearer"})
