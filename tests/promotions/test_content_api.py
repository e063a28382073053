"""Exclusive content through the partner API."""

from uuid import uuid4

import pytest

from promotions import content_api
from promotions.models import ContentState, ExclusiveContent
from promotions.services.contents import open_to
from tests.partner import Partner, batch, event, new_partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Partner:
    partner = new_partner()
    partner.post("/events", batch(event(user_id="li"), event(user_id="wang")))
    return partner


def opened(shop: Partner, title: str = "一篇") -> ExclusiveContent:
    content = ExclusiveContent.objects.create(
        title=title, text="**只给你** <script>x</script>", state=ContentState.PUBLISHED
    )
    open_to(shop.platform.accounts.get(external_id="li"), content, "test", "1")
    return content


def test_what_is_open_is_listed_and_read(shop):
    content = opened(shop)
    assert [each["title"] for each in shop.get("/users/li/contents").json()["results"]] == ["一篇"]
    told = shop.browse("GET", f"/contents/{content.pk}", user_id="li").json()
    assert "<strong>只给你</strong>" in told["html"]
    assert "<script>" not in told["html"]


def test_what_is_not_open_is_not_there(shop):
    content = opened(shop)
    assert shop.get("/users/wang/contents").json()["results"] == []
    problem(shop.get(f"/contents/{content.pk}?user_id=wang"), 404, "content_not_found")
    problem(shop.get(f"/contents/{uuid4()}?user_id=li"), 404, "content_not_found")
    problem(shop.get(f"/contents/{content.pk}"), 422, "missing_parameter")
    assert shop.browse("GET", f"/contents/{content.pk}?user_id=li", user_id="wang").status_code == 403


def test_there_are_pages(shop, monkeypatch):
    monkeypatch.setattr(content_api, "PAGE", 2)
    for n in range(3):
        opened(shop, f"第 {n} 篇")
    first = shop.get("/users/li/contents").json()
    second = shop.get(first["next"].partition("/api/v1")[2]).json()
    assert len(first["results"]) + len(second["results"]) == 3
    assert second["next"] is None
    problem(shop.get("/users/li/contents?cursor=x"), 422, "invalid_parameter")
