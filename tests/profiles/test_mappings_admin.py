"""The mapping of a platform is written in the admin, beside samples and what becomes of them."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from profiles.ingest.mapping import EXAMPLES
from profiles.models import PlatformMapping
from tests.factories import PlatformFactory, PlatformMappingFactory

pytestmark = pytest.mark.django_db

SHOP = EXAMPLES["course_site"]
ENGLISH = {"Accept-Language": "en"}


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:profiles_platformmapping_{name}", args=args)


def written(**fields: Any) -> dict[str, Any]:
    """The editor's form, with the example of a course site."""
    return {
        "platform": PlatformFactory().pk,
        "document": SHOP.document,
        "sample_event": SHOP.event,
        "sample_item": SHOP.item,
    } | fields


@pytest.fixture
def mapping() -> PlatformMapping:
    return PlatformMappingFactory()


def text(response: Any) -> str:
    assert response.status_code == 200, response
    return response.content.decode().replace("&quot;", '"').replace("&#x27;", "'").replace("&gt;", ">")


class TestTheEditor:
    def test_it_shows_samples_beside_what_becomes_of_them(self, admin_client: Client, mapping: PlatformMapping) -> None:
        shown = text(admin_client.get(url("change", mapping.pk), headers=ENGLISH))
        assert '"amount_yuan": "99.90"' in shown
        assert '"value": 9990' in shown
        assert shown.count("would be taken") == 2

    def test_it_stores_a_mapping(self, admin_client: Client) -> None:
        response = admin_client.post(url("add"), written(_save=""))
        assert response.status_code == 302, response.content
        assert PlatformMapping.objects.get().document.replace("\r\n", "\n").strip() == SHOP.document.strip()

    def test_it_stores_a_change(self, admin_client: Client, mapping: PlatformMapping) -> None:
        changed = SHOP.document.replace("log_id", "id")
        response = admin_client.post(url("change", mapping.pk), written(document=changed, _save=""))
        assert response.status_code == 302, response.content
        mapping.refresh_from_db()
        assert '"message_id": "id"' in mapping.document

    def test_it_stores_no_mapping_with_faults_and_names_their_paths(self, admin_client: Client) -> None:
        bad = SHOP.document.replace('"log_id"', '"(("').replace("yuan->fen", "yuan->gold")
        shown = text(admin_client.post(url("add"), written(document=bad, _save=""), headers=ENGLISH))
        assert "/event/message_id: " in shown
        assert "/event/value/0/unit: There is no unit 'yuan->gold'" in shown
        assert not PlatformMapping.objects.exists()

    def test_who_may_only_look_sees_it(self, client: Client, mapping: PlatformMapping, django_user_model: Any) -> None:
        from django.contrib.auth.models import Permission

        looker = django_user_model.objects.create_user(email="look@example.com", password="x", is_staff=True)
        looker.user_permissions.add(Permission.objects.get(codename="view_platformmapping"))
        client.force_login(looker)
        shown = text(client.get(url("change", mapping.pk)))
        assert "order.amount_yuan" in shown
        assert "<textarea" not in shown
        assert client.post(url("change", mapping.pk), written(_save="")).status_code == 403


class TestThePreview:
    """It follows what is written, and stores nothing."""

    def test_it_maps_what_is_written(self, admin_client: Client) -> None:
        event = json.loads(SHOP.event) | {"action": "score", "score_of_ten": 9}
        shown = text(admin_client.post(url("preview"), written(sample_event=json.dumps(event))))
        assert '"value": 4.5' in shown
        assert '"title": "Python 入门"' in shown
        assert not PlatformMapping.objects.exists()

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"document": '{"format": 1, "event": {"type": "a"}}'}, "missing required field `user_id`"),
            ({"document": "{"}, "This is no valid JSON"),
            ({"sample_event": "{"}, "This is no valid JSON"),
            ({"sample_event": json.dumps(json.loads(SHOP.event) | {"action": "hum"})}, "/type: 'hum' is none of"),
            ({"sample_event": json.dumps(json.loads(SHOP.event) | {"action": "score"})}, "a rating needs a value"),
            ({"sample_item": json.dumps(json.loads(SHOP.item) | {"link": "javascript:1"})}, "url: an address begins"),
            ({"document": "x" * 100_000}, "too long"),
            ({"platform": "nobody", "document": ""}, "Nothing to show yet"),
        ],
    )
    def test_it_says_what_is_wrong(self, admin_client: Client, fields: dict[str, Any], told: str) -> None:
        assert told in text(admin_client.post(url("preview"), written(**fields), headers=ENGLISH))

    def test_local_times_are_those_of_the_platform(self, admin_client: Client) -> None:
        tokyo = PlatformFactory(timezone="Asia/Tokyo")
        document = SHOP.document.replace('"timezone": "Asia/Shanghai",', "")
        shown = text(admin_client.post(url("preview"), written(platform=tokyo.pk, document=document)))
        assert "2026-03-01T11:15:00+00:00" in shown

    @pytest.mark.parametrize("name", EXAMPLES)
    def test_examples_fill_the_editor(self, admin_client: Client, name: str) -> None:
        shown = text(admin_client.get(url("example"), {"example": name}, headers=ENGLISH))
        assert shown.count("would be taken") == 2

    def test_strangers_may_not(self, client: Client, django_user_model: Any) -> None:
        client.force_login(django_user_model.objects.create_user(email="s@example.com", password="x", is_staff=True))
        assert client.post(url("preview"), written()).status_code == 403
        assert client.get(url("example"), {"example": "audio_app"}).status_code == 403
