"""Which segments people belong to of whom little is known yet: asked of PostgreSQL once, and kept for minutes."""

import hashlib
from collections.abc import Mapping

import msgspec
from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.sharing import Sharing
from crossmarket.foundation.leased_cache import LeasedCache
from profiles.live_history import History
from profiles.models import Segment, SegmentMember
from recommend.models import SegmentTaste

FEW_COURSES = 4
"""Whoever met more courses is known by what they did."""
MOST_SEGMENTS = 5
"""So many segments are gone by, the smallest first, for they tell most."""
CACHE_SECONDS = 300
"""So long at most after entering or leaving a segment somebody is served as before; consents count at once."""
_KEY = settings.SECRET_KEY.encode()[:64]


class Belonging(msgspec.Struct, frozen=True, array_like=True):
    """The segments of an account of which it is known what their members like, the smallest first."""

    segments: tuple[int, ...] = ()


cache: LeasedCache[str, Belonging] = LeasedCache("belonging", Belonging, CACHE_SECONDS)


def keys_ahead(known: Sharing) -> list[str]:
    """The entries of Redis that `segments_of` will want."""
    return [cache.key(_name(known))] if known.profiled else []


def segments_of(known: Sharing, history: History, fetched: Mapping[str, bytes | None]) -> tuple[int, ...]:
    """The segments of a person with hardly any history who agrees to recommendations and to be profiled."""
    if not known.is_personal or not known.profiled or len(history.course_ids) > FEW_COURSES:
        return ()
    account_id, name = known.account_id, _name(known)
    return cache.get_many([name], lambda names: {name: _read(account_id)}, fetched)[name].segments


def _name(known: Sharing) -> str:
    """Of the account and of all that agree to be profiled with it now: when one of them does not any more, it is
    another entry. A digest, so that Redis tells nobody whom it was asked about.
    """
    told = f"{known.account_id}:{known.profiled}"
    return hashlib.blake2b(told.encode(), key=_KEY, digest_size=16).hexdigest()


def _read(account_id: int | None) -> Belonging:
    mine = SegmentMember.objects.standing().filter(account=account_id, segment=OuterRef("pk"))
    known = Segment.objects.active().filter(Exists(SegmentTaste.objects.filter(segment=OuterRef("pk"))), Exists(mine))
    return Belonging(tuple(known.order_by("size", "pk").values_list("pk", flat=True)[:MOST_SEGMENTS]))
