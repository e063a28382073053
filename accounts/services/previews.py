"""Keys for looking at a platform's widget from the desk."""

from datetime import timedelta

import jwt
from django.db import transaction
from django.utils import timezone

from accounts.models import KeyKind, Platform
from accounts.services.keys import IssuedKey, issue_key

PREVIEW = "preview"
"""The name of such keys."""
PREVIEW_LIFETIME = timedelta(hours=1)


@transaction.atomic
def issue_preview_key(platform: Platform) -> IssuedKey:
    """A publishable key that ends by itself; earlier ones that have ended are removed."""
    platform.api_keys.filter(name=PREVIEW, kind=KeyKind.PUBLISHABLE, expires_at__lt=timezone.now()).delete()
    return issue_key(platform, KeyKind.PUBLISHABLE, PREVIEW, PREVIEW_LIFETIME)


def preview_user_token(platform: Platform, user_id: str) -> str:
    """A user token for the time of a preview, to see what this user would see."""
    claims = {"sub": user_id, "exp": timezone.now() + PREVIEW_LIFETIME}
    return jwt.encode(claims, platform.signing_secret, algorithm="HS256")
