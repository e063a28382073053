"""Endpoints of webhooks: making, changing, and renewing their secrets."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import Delivery, Platform, WebhookEndpoint
from accounts.models.webhook import new_webhook_secret
from accounts.services.change_stream import number


def create_endpoint(platform: Platform, url: str, types: Sequence[str] = ()) -> WebhookEndpoint:
    """A new endpoint, told of what happens from now on. Raises `ValidationError` for an address that cannot be."""
    endpoint = WebhookEndpoint(platform=platform, url=url, types=list(types))
    endpoint.full_clean()
    return add_endpoint(endpoint)


@transaction.atomic
def add_endpoint(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Store a new endpoint that was checked before; it is told of what happens from now on."""
    endpoint.position = number(endpoint.platform_id)
    endpoint.save()
    return endpoint


@transaction.atomic
def change_endpoint(endpoint: WebhookEndpoint, changed: Collection[str]) -> None:
    """Store an endpoint of which these fields were changed: `url`, `types`, `is_active`.

    One with another address, or switched on again, is tried anew with all that waits, for another day.
    """
    WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    endpoint.save(update_fields=[name for name in ("url", "types", "is_active") if name in changed])
    if endpoint.is_active and {"url", "is_active"} & set(changed):
        now = timezone.now()
        Delivery.objects.waiting().filter(endpoint=endpoint).update(due_at=now, waiting_since=now)
        wake([endpoint.pk])


@transaction.atomic
def renew_secret(endpoint: WebhookEndpoint, overlap: timedelta = timedelta(hours=24)) -> str:
    """Give the endpoint another secret and return it. For the overlap, webhooks are signed with both."""
    held = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    held.former_secret, held.former_secret_until = held.secret, timezone.now() + overlap
    held.secret = new_webhook_secret()
    held.save(update_fields=["secret", "former_secret", "former_secret_until"])
    return held.secret


def wake(endpoint_ids: Collection[int]) -> None:
    """Let endpoints that were left alone after failures be tried again at once."""
    WebhookEndpoint.objects.filter(pk__in=endpoint_ids).update(failures=0, resting_until=None)


def signed_headers(endpoint: WebhookEndpoint, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of the Standard Webhooks specification for a body that is sent now (an aware time)."""
    secrets = [endpoint.secret]
    if endpoint.former_secret and endpoint.former_secret_until and now < endpoint.former_secret_until:
        secrets.append(endpoint.former_secret)
    in_utc = now.astimezone(UTC)  # the library reads the hands of the clock, whatever the time zone beside them
    signatures = [Webhook(secret).sign(message_id, in_utc, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "CrossMarket-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
