"""Making platforms."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts import sharing
from accounts.models import KeyKind, Platform, Purpose
from accounts.services.keys import issue_key
from crossmarket.foundation import generations


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


@transaction.atomic
def update_platform(platform: Platform) -> None:
    """Store a changed platform; new origins, secrets and consent defaults count at once in every process."""
    before = Platform.objects.select_for_update().get(pk=platform.pk)
    platform.save()
    generations.renew_on_commit(generations.API_KEYS)
    if any(before.consent_default(purpose) != platform.consent_default(purpose) for purpose in Purpose):
        sharing.forget_platform_on_commit(platform.pk)
