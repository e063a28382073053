"""Whose doings may answer for an account: its own, and those of the same person's other accounts where both agree."""

import hashlib
from collections.abc import Iterable

import msgspec
from django.conf import settings
from django.db import models

from accounts.models import LinkedAccount, Purpose
from crossmarket.foundation.leased_cache import LeasedCache

CACHE_SECONDS = 3600


class Sharing(msgspec.Struct, frozen=True, array_like=True):
    """What an account's consents allow.

    account_id: None for someone the platform never named. is_personal: whether the person agrees to recommendations.
    contributors: the accounts whose events may be used for this one; empty unless `is_personal`. profiled: the
    accounts, ascending, whose common profile may be used for this one; empty where the profile was made of an account
    that does not agree to that.
    """

    account_id: int | None = None
    is_personal: bool = False
    contributors: tuple[int, ...] = ()
    profiled: tuple[int, ...] = ()


STRANGER = Sharing()

cache: LeasedCache[str, Sharing] = LeasedCache("sharing", Sharing, CACHE_SECONDS)


def cache_name(platform_id: int, external_id: str) -> str:
    """The name of an account's entry in `cache`: a digest, so that Redis tells nobody whom it was asked about."""
    named = f"{platform_id}:{external_id}".encode(errors="surrogatepass")
    return hashlib.blake2b(named, key=settings.SECRET_KEY.encode()[:64], digest_size=16).hexdigest()


def of_external_id(platform_id: int, external_id: str) -> Sharing:
    """What the consents of this account allow."""
    name = cache_name(platform_id, external_id)
    return cache.get_many([name], lambda names: {name: _read(platform_id, external_id)})[name]


def read_through(platform_id: int, external_id: str) -> Sharing:
    """The same for callers that have looked into `cache` and found nothing."""
    name = cache_name(platform_id, external_id)
    return cache.read_through([name], lambda names: {name: _read(platform_id, external_id)})[name]


def forget_on_commit(person_ids: Iterable[object]) -> None:
    """Let every account of these persons be looked at afresh once the running transaction is committed."""
    accounts = LinkedAccount.objects.filter(person_id__in=list(person_ids)).values_list("platform_id", "external_id")
    cache.forget_on_commit([cache_name(platform_id, external_id) for platform_id, external_id in accounts])


def forget_accounts_on_commit(accounts: Iterable[LinkedAccount]) -> None:
    """The same for these accounts."""
    cache.forget_on_commit([cache_name(account.platform_id, account.external_id) for account in accounts])


def forget_platform_on_commit(platform_id: int) -> None:
    """The same for everyone who shares with an account of this platform, after its consent defaults changed."""
    members = LinkedAccount.objects.filter(platform_id=platform_id).values("person_id")
    for chunk in _chunks(LinkedAccount.objects.filter(person_id__in=members)):
        cache.forget_on_commit([cache_name(platform, external_id) for platform, external_id in chunk])


def _chunks(accounts: models.QuerySet[LinkedAccount], size: int = 5_000) -> Iterable[list[tuple[int, str]]]:
    chunk: list[tuple[int, str]] = []
    for row in accounts.values_list("platform_id", "external_id").iterator(size):
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    yield chunk


def _read(platform_id: int, external_id: str) -> Sharing:
    accounts = LinkedAccount.objects.select_related("platform")
    account = accounts.filter(platform=platform_id, external_id=external_id).first()
    if account is None:
        return STRANGER
    if not account.consents_to(Purpose.RECOMMENDATION):
        return Sharing(account.pk)
    contributors, profiled = [account.pk], [account.pk]
    if account.consents_to(Purpose.CROSS_PLATFORM):
        joined = LinkedAccount.objects.others_of(account).consenting(Purpose.CROSS_PLATFORM).order_by("pk")
        contributors += joined.consenting(Purpose.RECOMMENDATION).values_list("pk", flat=True)
        profiled += joined.consenting(Purpose.PROFILING).values_list("pk", flat=True)
    may_look = account.consents_to(Purpose.PROFILING) and set(profiled) <= set(contributors)
    return Sharing(account.pk, True, tuple(contributors), tuple(sorted(profiled)) if may_look else ())
