"""Making platforms."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import KeyKind, Platform
from accounts.services.keys import issue_key


class PlatformExists(Exception):
    """There is a platform with this slug already."""


@dataclass(frozen=True)
class NewPlatform:
    """A platform with the two keys it starts with; they are not shown again."""

    platform: Platform
    secret_key: str
    publishable_key: str


@transaction.atomic
def create_platform(slug: str, name: str = "", origins: Sequence[str] = ()) -> NewPlatform:
    """A new platform, ready to call the API.

    Raises `PlatformExists`, or `ValidationError` for a bad slug or origin.
    """
    if Platform.objects.filter(slug=slug).exists():
        raise PlatformExists(f"There is a platform {slug} already. Choose another slug, or make a key in the admin.")
    platform = Platform(slug=slug, name=name or slug, origins=list(origins))
    platform.full_clean()
    platform.save()
    secret = issue_key(platform, KeyKind.SECRET, "first")
    publishable = issue_key(platform, KeyKind.PUBLISHABLE, "first")
    return NewPlatform(platform, secret.token, publishable.token)
