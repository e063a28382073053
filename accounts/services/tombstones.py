"""Remembering that somebody was erased, without remembering whom."""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts.models import Tombstone


def digest_of(platform_id: int, external_id: str) -> str:
    """What stands for an account that is gone; who has not got this server's key cannot tell for whom."""
    named = f"tombstone {platform_id} {external_id}".encode(errors="surrogatepass")
    return hmac.new(settings.SECRET_KEY.encode(), named, hashlib.sha256).hexdigest()


def lay(platform_id: int, external_id: str, erased_at: datetime, receipt: UUID | None) -> None:
    """Remember that the account was erased, in the transaction that erases it."""
    remembered = {"platform_id": platform_id, "erased_at": erased_at, "receipt": receipt}
    Tombstone.objects.update_or_create(digest=digest_of(platform_id, external_id), defaults=remembered)


def of(platform_id: int, external_id: str) -> Tombstone | None:
    """What is remembered of an erased account; None where nobody was erased."""
    return Tombstone.objects.filter(pk=digest_of(platform_id, external_id)).first()


def erased_at(platform_id: int, external_ids: Collection[str]) -> dict[str, datetime]:
    """When each of these was erased; those who never were are left out."""
    digests = {digest_of(platform_id, external_id): external_id for external_id in external_ids}
    if not digests:
        return {}
    laid = Tombstone.objects.filter(pk__in=list(digests)).values_list("pk", "erased_at")
    return {digests[digest]: moment for digest, moment in laid}


def any_since(platform_id: int, moment: datetime) -> bool:
    """Whether somebody was erased on the platform after this moment."""
    return Tombstone.objects.filter(platform=platform_id, erased_at__gte=moment).exists()
