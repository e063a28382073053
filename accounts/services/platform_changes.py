"""Changing platforms, so that every process notices at once."""

from collections.abc import Collection

from django.db import transaction

from accounts import sharing
from accounts.models import Platform, Purpose
from accounts.models.platform import new_signing_secret
from crossmarket.foundation import generations

CONSENT_DEFAULTS = frozenset(f"{purpose}_default" for purpose in Purpose)


@transaction.atomic
def save_platform(platform: Platform, changed: Collection[str]) -> None:
    """Store a platform of which these fields were changed. What is kept in memory or Redis of it is read afresh."""
    platform.save()
    generations.renew_on_commit(generations.API_KEYS)
    if "name" in changed:
        generations.renew_on_commit(generations.CATALOGUE)
    if CONSENT_DEFAULTS & set(changed):
        sharing.forget_platform_on_commit(platform.pk)


@transaction.atomic
def renew_signing_secret(platform: Platform) -> None:
    """Give the platform another secret: user tokens signed with the old one are refused from now on."""
    platform.signing_secret = new_signing_secret()
    save_platform(platform, ["signing_secret"])
