"""Segments as audiences, for the rooms above: who may be addressed, and whether somebody is among them.

Everything here asks consent at the moment of the question; segments that are not kept up to date have nobody.
"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from accounts.models import LinkedAccount
from accounts.models.linked_account import LinkedAccountQuerySet
from profiles.models import Segment, SegmentMember


def includes(segment: Segment, account: LinkedAccount) -> bool:
    """Whether an account belongs to a segment and may be treated so."""
    return Segment.objects.of_account(account).filter(pk=segment.pk).exists()


def segments_of(account: LinkedAccount) -> list[Segment]:
    """The segments that an account belongs to, in the order of their keys."""
    return list(Segment.objects.of_account(account).order_by("key"))


def keys_of(account_id: int, among: Iterable[str]) -> frozenset[str]:
    """Those of these segments, by key, that an account belongs to and may be treated so."""
    mine = SegmentMember.objects.standing().filter(account=account_id, segment=OuterRef("pk"))
    return frozenset(Segment.objects.active().filter(Exists(mine), key__in=list(among)).values_list("key", flat=True))


def accounts_in(segment: Segment, *purposes: str) -> LinkedAccountQuerySet:
    """The accounts that belong to a segment and agree to these purposes besides profiling, such as `marketing`."""
    return accounts_in_any([segment], *purposes)


def accounts_in_any(segments: Iterable[Segment], *purposes: str) -> LinkedAccountQuerySet:
    """The accounts that belong to at least one of these segments, each once."""
    standing = SegmentMember.objects.standing().filter(segment__in=list(segments), segment__is_active=True)
    return LinkedAccount.objects.consenting(*purposes).filter(Exists(standing.filter(account=OuterRef("pk"))))
