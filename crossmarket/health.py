"""What load balancers and supervisors ask: does the process live, and can it do its work?"""

from collections.abc import Callable

import msgspec
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crossmarket import heartbeat
from crossmarket.foundation import generations
from crossmarket.foundation.redis import RedisError, client
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.serving import active_model


class Finding(msgspec.Struct):
    """What one check found: whether it is well, and why not or what is worth knowing."""

    ok: bool
    reason: str = ""


class Readiness(msgspec.Struct):
    """All checks together."""

    ready: bool
    database: Finding
    redis: Finding
    worker: Finding
    model: Finding


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """`GET /healthz`: this process answers. It asks nobody else, so that a slow database restarts no web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """`GET /readyz`: database, Redis, worker and model, each with a reason where it is not well; 503 when any fails."""
    found = readiness()
    return HttpResponse(
        msgspec.json.format(msgspec.json.encode(found)),
        content_type="application/json",
        status=200 if found.ready else 503,
    )


def readiness() -> Readiness:
    """Do all the checks. Never raises for a service that is down: that is what the findings tell."""
    findings = {
        "database": _checked(check_database),
        "redis": _checked(check_redis),
        "worker": _checked(_check_worker),
        "model": _checked(_check_model),
    }
    return Readiness(ready=all(finding.ok for finding in findings.values()), **findings)


def _checked(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (DatabaseError, RedisError, CorruptedArtifact, OSError) as error:
        return Finding(ok=False, reason=f"{type(error).__name__}: {str(error).strip()}")


def check_database() -> Finding:
    """Ask the database something. Raises Django's `Error`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(ok=True)


def check_redis() -> Finding:
    """Ask Redis for a sign of life. Raises `RedisError`."""
    client().ping()
    return Finding(ok=True)


def _check_worker() -> Finding:
    if heartbeat.live_workers():
        return Finding(ok=True)
    return Finding(ok=False, reason=f"no worker has given a sign of life for {heartbeat.ALIVE_FOR:.0f} seconds")


def _check_model() -> Finding:
    """The active model is in memory, or can be read. With none yet, popular courses are shown: that is ready too."""
    held = active_model.of_generation(generations.current(generations.MODELS))
    return Finding(ok=True, reason=f"{held.name} v{held.number}" if held else active_model.check())
