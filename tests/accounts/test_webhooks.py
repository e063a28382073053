"""Webhooks: signed, in order for each user, tried for a day, then given up; one receiver delays no other."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import Delivery, DeliveryState, Platform, WebhookEndpoint
from accounts.services import change_stream, deliveries, webhooks
from tests.accounts.news import OTHER, TESTED, tell
from tests.factories import DeliveryFactory, PlatformFactory, WebhookEndpointFactory
from tests.receiver import Received, Receiver, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform() -> Platform:
    return PlatformFactory()


@pytest.fixture
def endpoint(platform: Platform, receiver: Receiver) -> WebhookEndpoint:
    return webhooks.create_endpoint(platform, receiver.url)


def run() -> int:
    """What the workers do in a second; returns how many attempts were made."""
    for platform_id in deliveries.platforms_with_news():
        deliveries.make_ready(platform_id)
    return sum(deliveries.deliver(endpoint_id) for endpoint_id in deliveries.endpoints_with_work())


def later(**time: float) -> None:
    """Let time pass, as far as deliveries and endpoints know it."""
    passed = timedelta(**time)
    for each in Delivery.objects.all():
        each.due_at, each.waiting_since = each.due_at - passed, each.waiting_since - passed
        each.save()
    for endpoint in WebhookEndpoint.objects.exclude(resting_until=None):
        endpoint.resting_until -= passed
        endpoint.save()


def states() -> list[str]:
    return list(Delivery.objects.order_by("position").values_list("state", flat=True))


class TestMessages:
    """What a receiver gets."""

    def test_a_change_is_told_as_it_would_be_pulled(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        tell(platform, number=1)
        assert run() == 1
        (request,) = receiver.received
        (change,) = change_stream.read(platform.pk).changes
        assert set(request.change) == {"id", "type", "timestamp", "data"}
        assert request.change["id"] == request.id == str(change.public_id)
        assert request.change["type"] == TESTED
        assert request.headers["content-type"] == "application/json"
        assert (states(), run()) == ([DeliveryState.DELIVERED], 0)

    def test_the_signature_holds_for_this_very_body(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        tell(platform, "安", number=1)
        run()
        (request,) = receiver.received
        assert Webhook(endpoint.secret).verify(request.body, request.headers) == request.change
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.secret).verify(request.body.replace(b"1", b"2"), request.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(WebhookEndpointFactory().secret).verify(request.body, request.headers)

    def test_signatures_are_those_of_the_specification(self) -> None:
        endpoint = WebhookEndpoint(secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        at = datetime.fromtimestamp(1614265330, UTC).astimezone(timezone.get_default_timezone())
        headers = webhooks.signed_headers(endpoint, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at)
        assert headers["webhook-timestamp"] == "1614265330"
        assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_while_a_secret_is_renewed_both_are_good(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        old, new = endpoint.secret, webhooks.renew_secret(endpoint, timedelta(hours=1))
        tell(platform)
        run()
        (request,) = receiver.received
        for secret in (old, new):
            assert Webhook(secret).verify(request.body, request.headers)
        webhooks.renew_secret(endpoint, timedelta(0))
        tell(platform)
        run()
        with pytest.raises(WebhookVerificationError):
            Webhook(new).verify(receiver.received[-1].body, receiver.received[-1].headers)

    @given(
        st.binary(min_size=24, max_size=64),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.integers(0, 2**32),
    )
    def test_every_body_is_verified_by_the_receivers_own_reckoning(self, secret: bytes, body: str, at: int) -> None:
        endpoint = WebhookEndpoint(secret="whsec_" + base64.b64encode(secret).decode())
        headers = webhooks.signed_headers(endpoint, "m", body.encode(), datetime.fromtimestamp(at, UTC))
        signed = f"m.{headers['webhook-timestamp']}.{body}".encode()
        digest = hmac.new(secret, signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


class TestWhatIsSent:
    """Which changes go where."""

    def test_an_endpoint_is_told_of_what_happens_after_it_was_made(
        self, platform: Platform, receiver: Receiver
    ) -> None:
        tell(platform, number=1)
        webhooks.create_endpoint(platform, receiver.url)
        tell(platform, number=2)
        run()
        assert receiver.told == [("ann", 2)]

    def test_only_of_its_platform_and_of_the_types_it_chose(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        endpoint.types = [OTHER]
        webhooks.change_endpoint(endpoint, ["types"])
        tell(PlatformFactory(), change_type=OTHER, number=1)
        tell(platform, number=2)
        tell(platform, change_type=OTHER, number=3)
        run()
        assert receiver.told == [("ann", 3)]
        assert deliveries.platforms_with_news() == []

    def test_each_endpoint_is_told_once(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        webhooks.create_endpoint(platform, receiver.url + "/2")
        for number in range(3):
            tell(platform, number=number)
            run()
        assert sorted(receiver.told) == [("ann", number) for number in (0, 0, 1, 1, 2, 2)]

    def test_what_happens_while_it_is_switched_off_is_sent_afterwards(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        endpoint.is_active = False
        webhooks.change_endpoint(endpoint, ["is_active"])
        tell(platform, number=1)
        assert run() == 0
        endpoint.is_active = True
        webhooks.change_endpoint(endpoint, ["is_active"])
        assert run() == 1

    def test_many_at_once_are_all_made_ready(
        self, platform: Platform, endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(deliveries, "READY_AT_ONCE", 2)
        monkeypatch.setattr(change_stream, "NUMBERED_AT_ONCE", 3)
        for number in range(8):
            tell(platform, number=number)
        while platforms := deliveries.platforms_with_news():
            deliveries.make_ready(*platforms)
        assert Delivery.objects.count() == 8

    def test_addresses_inside_are_refused_when_they_are_written_and_when_they_are_used(
        self, platform: Platform
    ) -> None:
        with pytest.raises(ValidationError):
            webhooks.create_endpoint(platform, "http://shop.example/")
        webhooks.create_endpoint(platform, "https://localhost/hooks")
        tell(platform)
        assert run() == 1
        answer = Delivery.objects.get().answers.get()
        assert (answer.status, "open internet" in answer.words) == (None, True)


class TestFailures:
    """Trying again, giving up, and replaying."""

    def test_every_failure_is_written_down_with_the_answer(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer, receiver.words = 503, b"\xffdown\x00"
        tell(platform)
        run()
        answer = Delivery.objects.get().answers.get()
        assert (answer.status, answer.words) == (503, "�down�")
        assert answer.seconds > 0

    def test_it_is_tried_again_with_the_same_id_after_longer_and_longer_waits(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = 500
        tell(platform)
        assert (run(), run()) == (1, 0)
        later(seconds=5)
        assert (run(), run()) == (1, 0)
        later(seconds=5)
        assert run() == 0
        later(seconds=5)
        receiver.answer = 204
        assert run() == 1
        assert len({request.id for request in receiver.received}) == 1
        assert states() == [DeliveryState.DELIVERED]

    def test_waits_double_up_to_an_hour(self) -> None:
        waits = [deliveries.wait_after(failures).total_seconds() for failures in range(1, 14)]
        assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
        assert deliveries.wait_after(10_000) == timedelta(hours=1)

    def test_after_a_day_it_is_given_up_and_no_sooner(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = 500
        tell(platform)
        begun, hours = timezone.now(), 0.0
        while run() or states() == [DeliveryState.WAITING]:
            assert hours <= 25
            hours += 0.5
            later(hours=0.5)
        assert 24 <= hours <= 25
        assert states() == [DeliveryState.PARKED]
        assert timezone.now() - begun < timedelta(hours=1)

    def test_what_had_no_turn_in_its_day_is_given_up_too(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = 500
        for number in range(20):
            tell(platform, f"user-{number}")
        run()
        later(hours=26)
        run()
        assert set(states()) == {DeliveryState.PARKED}
        assert len(receiver.received) < 20

    def test_after_some_failures_the_endpoint_is_left_alone_for_a_while(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = 500
        for number in range(20):
            tell(platform, f"user-{number}")
        assert run() == deliveries.FAILURES_BEFORE_REST
        assert run() == 0
        later(seconds=5)
        assert run() == 1
        receiver.answer = 200
        later(seconds=10)
        assert run() > 13
        endpoint.refresh_from_db()
        assert (endpoint.failures, endpoint.resting_until) == (0, None)

    def test_one_that_is_gone_is_switched_off(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = 410
        tell(platform)
        run()
        endpoint.refresh_from_db()
        assert not endpoint.is_active

    def test_what_was_given_up_is_sent_once_more_on_demand(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        given_up = DeliveryFactory(endpoint=endpoint)
        endpoint.resting_until = timezone.now() + timedelta(minutes=5)
        endpoint.save()
        assert run() == 0
        assert deliveries.replay(Delivery.objects.parked()) == 1
        assert run() == 1
        assert receiver.received[0].id == str(given_up.change.public_id)
        assert deliveries.replay(Delivery.objects.all()) == 1  # also what was delivered
        assert run() == 1

    def test_another_address_is_tried_at_once(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = lambda request: 200 if len(receiver.received) > 5 else 500
        for number in range(6):
            tell(platform, f"user-{number}")
        run()
        endpoint.url += "/better"
        webhooks.change_endpoint(endpoint, ["url"])
        assert run() == 6

    def test_an_endpoint_that_is_removed_takes_its_deliveries_along(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        tell(platform)
        deliveries.make_ready(platform.pk)
        (delivery,) = Delivery.objects.select_related("endpoint", "change")
        endpoint.delete()
        deliveries._attempt(delivery)
        assert not Delivery.objects.exists()


class TestOrder:
    """In order for each user, and nobody waits for another."""

    def test_changes_of_a_user_come_in_order_whatever_fails(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        failed: set[str] = set()

        def once(request: Received) -> int:
            """Every message fails the first time."""
            status = 200 if request.id in failed else 500
            failed.add(request.id)
            return status

        receiver.answer = once
        for number in range(4):
            for user in ("ann", "bo"):
                tell(platform, user, number=number)
        while set(states()) != {DeliveryState.DELIVERED}:
            run()
            later(minutes=11)
        for user in ("ann", "bo"):
            seen = [number for who, number in receiver.told if who == user]
            assert seen == sorted(seen)

    def test_a_user_whose_change_fails_delays_no_other(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = lambda request: 500 if request.user_id == "ann" else 200
        for number in range(3):
            for user in ("ann", "bo"):
                tell(platform, user, number=number)
        run()
        assert receiver.told == [("ann", 0), ("bo", 0), ("bo", 1), ("bo", 2)]

    def test_after_one_is_given_up_the_next_of_the_user_is_sent(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.answer = lambda request: 500 if request.change["data"]["number"] == 0 else 200
        tell(platform, number=0)
        run()
        later(hours=24)
        tell(platform, number=1)
        run()
        assert states() == [DeliveryState.PARKED, DeliveryState.DELIVERED]

    def test_a_receiver_that_is_down_delays_nobody_else(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        receiver.raw = b"nonsense"
        with running() as well:
            webhooks.create_endpoint(platform, well.url)
            for number in range(20):
                tell(platform, f"user-{number}", number=number)
            run()
            assert len(well.received) == 20

    def test_an_endpoint_is_served_for_a_while_only(
        self, platform: Platform, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        for number in range(3):
            tell(platform, number=number)
        deliveries.make_ready(platform.pk)
        assert deliveries.deliver(endpoint.pk, seconds=0) == 0
        assert deliveries.deliver(endpoint.pk) == 3
