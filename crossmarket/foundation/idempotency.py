"""Calls that may be sent twice and count once: the first answer is kept and given again, byte for byte.

Work and answer are committed together, in one transaction under a lock of the database. So when a process is killed in
the middle, nothing was done and nothing is remembered, and whoever sends the call again is served as at first.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crossmarket.foundation.models import KeptAnswer
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.statements import Statement

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
KEPT = timedelta(hours=48)
LOCK = Statement(
    "foundation_lock_answer", {"subject": "text"}, "SELECT pg_try_advisory_xact_lock(hashtextextended(%(subject)s, 1))"
)
KEPT_ANSWER = Statement(
    "foundation_kept_answer",
    {"scope": "text", "key": "text"},
    "SELECT fingerprint, status, content_type, body FROM foundation_keptanswer "
    "WHERE scope = %(scope)s AND key = %(key)s",
)
KEEP = Statement(
    "foundation_keep_answer",
    {
        "scope": "text",
        "key": "text",
        "about": "text",
        "fingerprint": "bytea",
        "status": "smallint",
        "content_type": "text",
        "body": "bytea",
        "now": "timestamptz",
    },
    "INSERT INTO foundation_keptanswer (scope, key, about, fingerprint, status, content_type, body, created_at) "
    "VALUES (%(scope)s, %(key)s, %(about)s, %(fingerprint)s, %(status)s, %(content_type)s, %(body)s, %(now)s)",
)


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
        for known, status, content_type, kept in KEPT_ANSWER.rows(scope=scope, key=key):
            if bytes(known) != fingerprint:
                raise Problem(
                    422, "idempotency_key_reused", f"This {HEADER} was used for another body. Take a new one."
                )
            return HttpResponse(bytes(kept), status=status, content_type=content_type)
        response = _done(work)
        KEEP.run(
            scope=scope,
            key=key,
            about=about,
            fingerprint=fingerprint,
            status=response.status_code,
            content_type=response.headers["Content-Type"],
            body=response.content,
            now=timezone.now(),
        )
    return response


def forget(about: str) -> int:
    """Remove the answers that concern somebody; returns how many."""
    return KeptAnswer.objects.filter(about=about).delete()[0]


def forget_old() -> int:
    """Remove the answers that have had their time; returns how many."""
    return KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _lock(subject: str) -> None:
    ((is_ours,),) = LOCK.rows(subject=subject)
    if not is_ours:
        raise Problem(409, "request_in_progress", "The first call with this key is still running. Try again later.")


def _done(work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        with transaction.atomic():
            return work()
    except Problem as refusal:
        if refusal.status >= 500 or refusal.headers:
            raise
        return refusal.response()
