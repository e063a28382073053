"""Changing platforms, so that every process notices at once."""

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext

from django.db import transaction
from django.db.models import Count

from accounts import sharing
from accounts.models import Person, Platform, Purpose
from accounts.models.platform import new_signing_secret
from accounts.services import joining_news, match_queue, stirring
from accounts.services.joining_lock import one_at_a_time
from crossmarket.foundation import generations

MATCHING = frozenset({"verifies_email", "verifies_phone", f"{Purpose.CROSS_PLATFORM}_default"})
"""What decides who may be joined by their contacts."""
CONSENT_DEFAULTS = frozenset(f"{purpose}_default" for purpose in Purpose)


@transaction.atomic
def save_platform(platform: Platform, changed: Collection[str]) -> None:
    """Store a platform of which these fields were changed. What is kept in memory or Redis of it is read afresh."""
    with _telling_of_joined(platform, changed):
        platform.save()
    generations.renew_on_commit(generations.API_KEYS)
    if "name" in changed:
        generations.renew_on_commit(generations.CATALOGUE)
    if CONSENT_DEFAULTS & set(changed):
        sharing.forget_platform_on_commit(platform.pk)
        stirring.stir_platform(platform.pk)
    if MATCHING & set(changed):
        match_queue.add_platform(platform)


def _telling_of_joined(platform: Platform, changed: Collection[str]) -> AbstractContextManager[None]:
    """Another default for joining changes what platforms may know of everyone who stated nothing."""
    if f"{Purpose.CROSS_PLATFORM}_default" not in changed or platform.pk is None:
        return nullcontext()
    one_at_a_time()
    joined = Person.objects.annotate(members=Count("accounts")).filter(members__gt=1)
    return joining_news.telling(
        list(joined.filter(pk__in=platform.accounts.values("person")).values_list("pk", flat=True))
    )


@transaction.atomic
def renew_signing_secret(platform: Platform) -> None:
    """Give the platform another secret: user tokens signed with the old one are refused from now on."""
    platform.signing_secret = new_signing_secret()
    save_platform(platform, ["signing_secret"])
