"""Calls that may be sent twice and count once: the first answer is kept and given again, byte for byte.

Work and answer are committed together, in one transaction under a lock of the database. So when a process is killed in
the middle, nothing was done and nothing is remembered, and whoever sends the call again is served as at first.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crossmarket.foundation.models import KeptAnswer
from crossmarket.foundation.problems import Problem

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
KEPT = timedelta(hours=48)


def once(request: HttpRequest, scope: str, about: str, body: bytes, work: Callable[[], HttpResponse]) -> HttpResponse:
    """What `work` answers, or what it answered when this key was first used in this scope.

    scope: who uses the key, and for which call: equal keys of others are others. about: whom it concerns, for
    `forget`. body: what the key stands for. Without the header the work is simply done, in a transaction too.

    An answer that refuses (a `Problem` below 500) changes nothing, and is kept like any other.
    Raises `Problem`: 409 while the first call is still running, 422 for another body or a key that is none.
    """
    key = request.headers.get(HEADER)
    if key is None:
        with transaction.atomic():
            return work()
    if not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise Problem(422, "invalid_idempotency_key", f"{HEADER} is a text of 1 to {LONGEST_KEY} characters.")
    fingerprint = hashlib.sha256(body).digest()
    with transaction.atomic():
        _lock(f"{scope} {key}")
        kept = KeptAnswer.objects.filter(scope=scope, key=key).first()
        if kept is not None:
            return _again(kept, fingerprint)
        response = _done(work)
        KeptAnswer.objects.create(
            scope=scope,
            key=key,
            about=about,
            fingerprint=fingerprint,
            status=response.status_code,
            content_type=response.headers["Content-Type"],
            body=response.content,
        )
    return response


def forget(about: str) -> int:
    """Remove the answers that concern somebody; returns how many."""
    return KeptAnswer.objects.filter(about=about).delete()[0]


def forget_old() -> int:
    """Remove the answers that have had their time; returns how many."""
    return KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _lock(subject: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 1))", [subject])
        if not cursor.fetchone()[0]:
            raise Problem(409, "request_in_progress", "The first call with this key is still running. Try again later.")


def _again(kept: KeptAnswer, fingerprint: bytes) -> HttpResponse:
    if bytes(kept.fingerprint) != fingerprint:
        raise Problem(422, "idempotency_key_reused", f"This {HEADER} was used for another body. Take a new one.")
    return HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)


def _done(work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        with transaction.atomic():
            return work()
    except Problem as refusal:
        if refusal.status >= 500 or refusal.headers:
            raise
        return refusal.response()
