"""Generations: how the processes learn that something they keep in memory has changed.

Each subject has a random token in Redis. Whoever changes the subject renews the token once the change is committed;
whoever keeps a copy keeps the token it was made under beside it, and makes a new copy when the token is another one.
A lost token (an emptied Redis) counts as another one, so nothing stale survives it.
"""

import secrets

import structlog
from django.db import transaction

from crossmarket.foundation.redis import RedisError, client, fetch

logger = structlog.get_logger(__name__)

API_KEYS = "api-keys"
CATALOGUE = "catalogue"
EXPERIMENTS = "experiments"
MODELS = "models"
PLACEMENTS = "placements"


def key(subject: str) -> str:
    """Where the token of a subject stands in Redis, for those who fetch it together with other things."""
    return f"generation:{subject}"


def renew_on_commit(subject: str) -> None:
    """Tell all processes that the subject has changed, once the running transaction is committed."""
    transaction.on_commit(lambda: _renew(subject), robust=True)


def current(subject: str) -> bytes:
    """The token now; a token nobody else has when Redis does not answer, so that nothing is taken from memory."""
    try:
        return token(subject)
    except RedisError:
        return unknown()


def token(subject: str) -> bytes:
    """The token now; where it was lost, all processes agree on a new one. Raises `RedisError`."""
    (found,) = fetch([key(subject)])
    if found is not None:
        return found
    made = secrets.token_hex(8)
    client().set(key(subject), made, nx=True)
    (agreed,) = fetch([key(subject)])
    return made.encode() if agreed is None else agreed


def unknown() -> bytes:
    """A token that matches no other."""
    return secrets.token_bytes(8)


def _renew(subject: str) -> None:
    try:
        client().set(key(subject), secrets.token_hex(8))
    except RedisError as error:
        logger.warning("generation_not_renewed", subject=subject, error=str(error))
