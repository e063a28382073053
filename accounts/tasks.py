"""Celery's way to the webhooks and to matching accounts; importing it lets workers know the kinds of jobs."""

from celery import shared_task

from accounts.services import contact_matching, deliveries, suggesting


@shared_task(name="accounts.webhooks.look")
def look_for_webhooks() -> None:
    """Make ready what is new, and let each endpoint with something to send be served by itself."""
    for platform_id in deliveries.platforms_with_news():
        deliveries.make_ready(platform_id)
    for endpoint_id in deliveries.endpoints_with_work():
        deliver_webhooks.apply_async([endpoint_id], expires=deliveries.SLICE_SECONDS)


@shared_task(name="accounts.webhooks.deliver")
def deliver_webhooks(endpoint_id: int) -> None:
    """Serve one endpoint for some seconds."""
    deliveries.deliver(endpoint_id)


@shared_task(name="accounts.contacts.match")
def match_contacts() -> None:
    """Look at the accounts whose contacts or consents have changed."""
    contact_matching.look()


@shared_task(name="accounts.matching.look_nightly")
def look_for_matches_nightly() -> None:
    """Look for accounts that resemble one another."""
    suggesting.enqueue_matching()
