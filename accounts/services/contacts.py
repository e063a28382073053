"""Digests of contacts: what is kept of an address or a number, so that a leaked table tells nobody's.

Platforms send SHA-256 hashes, which anyone can find out by hashing all numbers there are. What is kept is their HMAC
under keys of this server, laid around one another: each further key is laid around the digests of before, so that keys
are rotated without anybody telling contacts anew.
"""

import hashlib
import hmac
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Contact, LinkedAccount
from accounts.models.linked_account import has_contact
from accounts.services import match_queue

ROWS_AT_ONCE = 2_000


def digest(contact_sha256: str) -> str:
    """What is kept of a contact hash: the id of the latest key and the digest; empty stays empty."""
    if not contact_sha256:
        return ""
    keys = _keys()
    return f"{_key_id(keys[-1])}:{_laid_around(contact_sha256.lower(), keys)}"


def digest_of_email(address: str) -> str:
    """The same of an address itself."""
    return digest(hashlib.sha256(address.strip().lower().encode()).hexdigest())


def rotate() -> tuple[int, int]:
    """Lay the latest keys around all digests of before; returns how many were renewed, and how many were cleared.

    Digests under keys that are not known any more are cleared: nothing can be compared with them.
    """
    renewed = cleared = 0
    for contact in Contact:
        while known := _rotate_some(contact):
            cleared += known.count("")
            renewed += len(known) - known.count("")
    return renewed, cleared


@transaction.atomic
def _rotate_some(contact: Contact) -> list[str]:
    """Renew some digests under other keys, which are held, so that what platforms tell meanwhile is not lost."""
    accounts = _some_with_other_key(contact)
    known = [_renewed(account.digest_of(contact)) for account in accounts]
    for account, new in zip(accounts, known, strict=True):
        setattr(account, f"{contact}_digest", new)
    LinkedAccount.objects.bulk_update(accounts, [f"{contact}_digest"])
    match_queue.add([account.pk for account, new in zip(accounts, known, strict=True) if new])
    return known


def _some_with_other_key(contact: Contact) -> list[LinkedAccount]:
    field = f"{contact}_digest"
    current = Q((f"{field}__startswith", f"{_key_id(_keys()[-1])}:"))
    held = LinkedAccount.objects.select_for_update(no_key=True).filter(has_contact(contact)).exclude(current)
    return list(held.order_by("pk")[:ROWS_AT_ONCE])


def _renewed(kept: str) -> str:
    """A digest under the latest keys; empty where its own key is not known."""
    key_id, _colon, inner = kept.partition(":")
    keys = _keys()
    for place, key in enumerate(keys):
        if _key_id(key) == key_id:
            return f"{_key_id(keys[-1])}:{_laid_around(inner, keys[place + 1 :])}"
    return ""


def _laid_around(inner: str, keys: Sequence[bytes]) -> str:
    for key in keys:
        inner = hmac.new(key, inner.encode(), hashlib.sha256).hexdigest()
    return inner


def _keys() -> list[bytes]:
    return [key.encode() for key in settings.CONTACT_KEYS]


def _key_id(key: bytes) -> str:
    """A name for a key that tells nothing of it."""
    return hmac.new(key, b"the name of this contact key", hashlib.sha256).hexdigest()[:8]
