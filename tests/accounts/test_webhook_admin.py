"""The desk of what platforms are told: endpoints with secrets shown once, deliveries with their answers, replaying."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import Delivery, DeliveryState, Platform, User, WebhookEndpoint
from crossmarket import staff_groups
from tests.accounts.news import OTHER, tell
from tests.factories import DeliveryFactory, PlatformFactory, UserFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db

ADDRESS = "https://shop.example/webhooks"
ASKED_AND_ANSWERED = {"_form_submitted": "on"}


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_{name}", args=args)


def secrets_in(response: Any) -> list[str]:
    return re.findall(r'<code class="desk-token">(whsec_[\w+/=]+)</code>', response.content.decode())


@pytest.fixture
def platform() -> Platform:
    return PlatformFactory()


@pytest.fixture
def marketer(client: Client) -> Client:
    user: User = UserFactory(is_staff=True)
    user.groups.add(staff_groups.marketers())
    client.force_login(user)
    return client


def add(client: Client, platform: Platform, **fields: Any) -> Any:
    form = {"platform": platform.pk, "url": ADDRESS, "is_active": "on", **fields}
    return client.post(admin_url("webhookendpoint_add"), form)


class TestEndpoints:
    """Making and changing endpoints."""

    def test_the_secret_of_a_new_one_is_shown_once(self, admin_client: Client, platform: Platform) -> None:
        response = add(admin_client, platform)
        endpoint = WebhookEndpoint.objects.get()
        assert secrets_in(response) == [endpoint.secret]
        assert "no-store" in response.headers["Cache-Control"]
        for page in (admin_url("webhookendpoint_change", endpoint.pk), admin_url("webhookendpoint_changelist")):
            assert endpoint.secret not in admin_client.get(page).content.decode()

    def test_a_new_one_begins_at_the_present_place_of_the_stream(
        self, admin_client: Client, platform: Platform
    ) -> None:
        tell(platform)
        add(admin_client, platform, types=[OTHER])
        endpoint = WebhookEndpoint.objects.get()
        assert (endpoint.position, endpoint.types) == (1, [OTHER])

    @pytest.mark.parametrize("url", ["http://shop.example/", "javascript:alert(1)", "https://ann:pw@shop.example/"])
    def test_a_bad_address_is_refused_with_words(self, admin_client: Client, platform: Platform, url: str) -> None:
        response = add(admin_client, platform, url=url)
        assert "url" in response.context["adminform"].form.errors
        assert not WebhookEndpoint.objects.exists()

    def test_a_renewed_secret_is_shown_once_after_a_question(self, admin_client: Client) -> None:
        endpoint = WebhookEndpointFactory()
        before = endpoint.secret
        page = admin_url("webhookendpoint_new_secret", endpoint.pk)
        assert secrets_in(admin_client.get(page)) == []
        (shown,) = secrets_in(admin_client.post(page, {"overlap": "24"}))
        endpoint.refresh_from_db()
        assert (endpoint.secret, endpoint.former_secret) == (shown, before)
        assert shown != before

    def test_what_was_changed_is_tried_anew(self, admin_client: Client) -> None:
        endpoint = WebhookEndpointFactory(failures=9)
        form = {"url": ADDRESS + "/2", "types": [OTHER], "is_active": "on"}
        admin_client.post(admin_url("webhookendpoint_change", endpoint.pk), form)
        endpoint.refresh_from_db()
        assert (endpoint.url, endpoint.types, endpoint.failures) == (ADDRESS + "/2", [OTHER], 0)

    def test_marketers_see_endpoints_and_change_none(self, marketer: Client) -> None:
        endpoint = WebhookEndpointFactory()
        assert marketer.get(admin_url("webhookendpoint_change", endpoint.pk)).status_code == 200
        assert marketer.get(admin_url("webhookendpoint_new_secret", endpoint.pk)).status_code in (302, 403)
        assert marketer.post(admin_url("webhookendpoint_new_secret", endpoint.pk), {"overlap": "0"}).status_code in (
            302,
            403,
        )
        assert WebhookEndpoint.objects.get().secret == endpoint.secret


class TestDeliveries:
    """Looking at deliveries and sending them once more."""

    def test_the_last_answers_are_shown_and_harmless(self, admin_client: Client) -> None:
        delivery = DeliveryFactory()
        page = admin_client.get(admin_url("delivery_change", delivery.pk)).content.decode()
        assert "500" in page
        assert "&lt;b&gt;oops&lt;/b&gt;" in page
        assert "tide" in page

    def test_the_list_and_the_sidebar_tell_what_was_given_up(self, admin_client: Client) -> None:
        DeliveryFactory()
        page = admin_client.get(admin_url("delivery_changelist") + "?state__exact=parked")
        assert len(page.context["cl"].result_list) == 1
        endpoints = admin_client.get(admin_url("webhookendpoint_changelist")).content.decode()
        assert "state__exact=parked" in endpoints

    @pytest.mark.parametrize("name", ["replay_one", "replay_given_up", "replay_selected"])
    def test_marketers_send_them_once_more(self, marketer: Client, name: str) -> None:
        delivery = DeliveryFactory()
        listed = admin_url("delivery_changelist")
        if name == "replay_selected":
            marketer.post(listed, {"action": name, "_selected_action": [delivery.pk]})
        else:
            args = [delivery.pk] if name == "replay_one" else []
            page = admin_url(f"delivery_{name}", *args)
            marketer.get(page)
            assert Delivery.objects.get().state == DeliveryState.PARKED, "looking alone sends nothing"
            marketer.post(page, ASKED_AND_ANSWERED, headers={"HX-Request": "true"})
        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts) == (DeliveryState.WAITING, 0)

    def test_who_may_only_look_sends_nothing(self, client: Client) -> None:
        user = UserFactory(is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_delivery"))
        client.force_login(user)
        delivery = DeliveryFactory()
        assert client.get(admin_url("delivery_change", delivery.pk)).status_code == 200
        client.post(admin_url("delivery_replay_one", delivery.pk), ASKED_AND_ANSWERED)
        client.post(admin_url("delivery_changelist"), {"action": "replay_selected", "_selected_action": [delivery.pk]})
        assert Delivery.objects.get().state == DeliveryState.PARKED
