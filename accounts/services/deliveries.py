"""Delivering changes to endpoints: in order for each user, again and again for a day, and one at a time.

An endpoint is served by one worker at a time and for some seconds at once, so that a slow one takes its own time only.
What waits is found in the database every second: a lost message, worker or Redis delays it and loses nothing.
"""

import time
from datetime import datetime, timedelta
from typing import cast

import msgspec
import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Change, ChangeStream, Delivery, DeliveryAttempt, DeliveryState, WebhookEndpoint
from accounts.services.change_stream import number, told
from accounts.services.webhooks import signed_headers, wake
from crossmarket.foundation import outward
from crossmarket.foundation.locks import only_one

logger = structlog.get_logger(__name__)

LOCK = 7_105_284
"""The kind of the database locks that those who serve an endpoint hold; nothing else uses it."""
SLICE_SECONDS = 5.0
"""How long an endpoint is served at once, before others get their turn."""
READY_AT_ONCE = 5_000
FIRST_WAIT = timedelta(seconds=5)
"""After a failure; doubled with each further one."""
LONGEST_WAIT = timedelta(hours=1)
LONGEST_REST = timedelta(minutes=10)
PATIENCE = timedelta(days=1)
"""How long a delivery is tried."""
FAILURES_BEFORE_REST = 5
"""After so many failures in a row an endpoint itself is left alone for a while, whatever waits for it."""
GONE = 410
"""By the specification, a receiver says with this status that it wants to be told no more."""


def platforms_with_news() -> list[int]:
    """The platforms that have changes for which deliveries are still to be made ready."""
    unnumbered = Change.objects.filter(platform=OuterRef("platform"), position__isnull=True)
    ahead = ChangeStream.objects.filter(platform=OuterRef("platform"), position__gt=OuterRef("position"))
    endpoints = WebhookEndpoint.objects.filter(Exists(unnumbered) | Exists(ahead), is_active=True)
    return sorted(set(endpoints.values_list("platform_id", flat=True)))


def make_ready(platform_id: int) -> None:
    """Make deliveries of what is new in a platform's stream, for each of its endpoints that is switched on."""
    number(platform_id)
    with transaction.atomic():
        endpoints = WebhookEndpoint.objects.select_for_update().filter(platform=platform_id, is_active=True)
        for endpoint in endpoints.order_by("pk"):
            _make_ready(endpoint)


def endpoints_with_work() -> list[int]:
    """The endpoints to which something is to be sent now."""
    due = Delivery.objects.due().filter(endpoint=OuterRef("pk"))
    return list(WebhookEndpoint.objects.awake().filter(Exists(due)).order_by("pk").values_list("pk", flat=True))


def deliver(endpoint_id: int, seconds: float = SLICE_SECONDS) -> int:
    """Send what is due to an endpoint, for so many seconds at most; returns how many attempts were made.

    While another worker serves the endpoint, nothing is done.
    """
    until, attempts = time.monotonic() + seconds, 0
    with only_one(LOCK, endpoint_id) as is_ours:
        if is_ours:
            _give_up_old(endpoint_id)
        while is_ours and time.monotonic() < until and (delivery := _next(endpoint_id)):
            _attempt(delivery)
            attempts += 1
    return attempts


@transaction.atomic
def replay(chosen: QuerySet[Delivery]) -> int:
    """Send these once more at once, whatever became of them, and try for another day; returns how many they are."""
    keys = list(chosen.select_for_update(of=("self",)).values_list("pk", flat=True))
    now = timezone.now()
    found = Delivery.objects.filter(pk__in=keys)
    wake(list(found.values_list("endpoint", flat=True).distinct()))
    return found.update(state=DeliveryState.WAITING, attempts=0, waiting_since=now, due_at=now, delivered_at=None)


def wait_after(failures: int, longest: timedelta = LONGEST_WAIT) -> timedelta:
    """How long to wait after so many failures (1 or more)."""
    doubled = FIRST_WAIT * 2 ** min(failures - 1, 20)
    return min(doubled, longest)


def _make_ready(endpoint: WebhookEndpoint) -> None:
    later = Change.objects.filter(platform=endpoint.platform_id, position__gt=endpoint.position)
    wanted = later.filter(type__in=endpoint.types) if endpoint.types else later
    last = ChangeStream.objects.filter(pk=endpoint.platform_id).values_list("position", flat=True).first() or 0
    chosen = wanted.filter(position__lte=last).order_by("position")[:READY_AT_ONCE]
    changes = list(chosen.select_for_update(no_key=True))  # so that none is erased before its delivery stands
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            endpoint=endpoint,
            change=change,
            user_id=change.user_id,
            position=cast("int", change.position),
            waiting_since=now,
            due_at=now,
        )
        for change in changes
    )
    endpoint.position = (
        cast("int", changes[-1].position) if len(changes) == READY_AT_ONCE else max(last, endpoint.position)
    )
    endpoint.save(update_fields=["position"])


def _next(endpoint_id: int) -> Delivery | None:
    """What to send next: of the deliveries that are due the earliest."""
    due = Delivery.objects.due().filter(endpoint__in=WebhookEndpoint.objects.awake().filter(pk=endpoint_id))
    return due.select_related("endpoint", "change").order_by("position").first()


def _attempt(delivery: Delivery) -> None:
    """Send one delivery and write down what came of it."""
    body = msgspec.json.encode(told(delivery.change))
    headers = signed_headers(delivery.endpoint, str(delivery.change.public_id), body, timezone.now())
    begun = time.monotonic()
    try:
        reply = outward.post(delivery.endpoint.url, body, headers)
        status, words = reply.status, reply.beginning
    except outward.NotSent as error:
        status, words = None, str(error)
    _note(delivery, DeliveryAttempt(delivery=delivery, status=status, words=words, seconds=time.monotonic() - begun))


@transaction.atomic
def _note(delivery: Delivery, answer: DeliveryAttempt) -> None:
    """Write down an attempt, unless the endpoint or the change has been removed meanwhile."""
    endpoints = WebhookEndpoint.objects.select_for_update(
        of=("self",)
    )  # not their platforms, by which they are ordered
    endpoint = endpoints.filter(pk=delivery.endpoint_id).first()
    held = Delivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if endpoint is None or held is None:
        return
    now = timezone.now()
    answer.save()
    held.attempts += 1
    if answer.status is not None and 200 <= answer.status < 300:
        held.state, held.delivered_at = DeliveryState.DELIVERED, now
        endpoint.failures, endpoint.resting_until = 0, None
    else:
        _put_off(held, now)
        endpoint.failures += 1
        if (beyond := endpoint.failures - FAILURES_BEFORE_REST) >= 0:
            endpoint.resting_until = now + wait_after(beyond + 1, LONGEST_REST)
        endpoint.is_active = endpoint.is_active and answer.status != GONE
        logger.warning("webhook_failed", endpoint=endpoint.pk, status=answer.status, attempts=held.attempts)
    held.save(update_fields=["state", "attempts", "due_at", "delivered_at"])
    endpoint.save(update_fields=["failures", "resting_until", "is_active"])


def _put_off(delivery: Delivery, now: datetime) -> None:
    """Wait for the next attempt, of which the last is made at the end of the day; after it, give up."""
    end = delivery.waiting_since + PATIENCE
    if now >= end:
        delivery.state = DeliveryState.PARKED
    else:
        delivery.due_at = min(now + wait_after(delivery.attempts), end)


def _give_up_old(endpoint_id: int) -> None:
    """Give up what has waited past its day for an endpoint that does not answer, though it was not its turn."""
    late = timezone.now() - PATIENCE - LONGEST_WAIT
    old = Delivery.objects.waiting().filter(endpoint=endpoint_id, waiting_since__lt=late, endpoint__failures__gt=0)
    given_up = old.update(state=DeliveryState.PARKED)
    if given_up:
        logger.warning("webhooks_given_up", endpoint=endpoint_id, deliveries=given_up)
