"""Making, changing and revoking API keys."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import ApiKey, KeyKind, Platform
from crossmarket.foundation import generations


@dataclass(frozen=True)
class IssuedKey:
    """A new key and its token, which is not kept anywhere: this is the one moment to show it."""

    key: ApiKey
    token: str


def digest_of(token: str) -> str:
    """How a key is kept: tokens are long and random, so a plain SHA-256 cannot be turned round."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def issue_key(platform: Platform, kind: KeyKind, name: str = "", lifetime: timedelta | None = None) -> IssuedKey:
    """A new key; with a lifetime it ends by itself."""
    token = f"{KeyKind(kind)}_{secrets.token_urlsafe(32)}"
    expires_at = timezone.now() + lifetime if lifetime else None
    key = ApiKey.objects.create(
        platform=platform, kind=kind, name=name, hint=token[:8], digest=digest_of(token), expires_at=expires_at
    )
    return IssuedKey(key, token)


@transaction.atomic
def rotate_key(key: ApiKey, overlap: timedelta = timedelta(hours=24)) -> IssuedKey:
    """A new key of the same kind; the old one goes on working for the overlap, and no longer."""
    issued = issue_key(key.platform, KeyKind(key.kind), key.name)
    end = timezone.now() + overlap
    if key.expires_at is None or key.expires_at > end:
        key.expires_at = end
        key.save(update_fields=["expires_at"])
    generations.renew_on_commit(generations.API_KEYS)
    return issued


@transaction.atomic
def revoke_key(key: ApiKey) -> None:
    """End a key now, in every process."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
    generations.renew_on_commit(generations.API_KEYS)
