"""What whoever looks is offered on a platform."""

import pytest

from promotions.services import claiming
from tests.factories import CouponBatchFactory, SegmentFactory
from tests.partner import Partner, new_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Partner:
    return new_partner()


def offered(response) -> dict[str, str | None]:
    assert response.status_code == 200, response.content
    return {each["name"]: each["code"] for each in response.json()["results"]}


def test_a_visitor_sees_what_anybody_may_claim(shop: Partner):
    CouponBatchFactory(name="everybody")
    CouponBatchFactory(name="elsewhere", scope={"platforms": ["other"]})
    members = CouponBatchFactory(name="members")
    members.segments.add(SegmentFactory())
    CouponBatchFactory(name="gone", limit_total=1, used=1)
    assert offered(shop.browse("GET", "/offers")) == {"everybody": None}


def test_the_person_of_a_token_sees_their_own(shop: Partner):
    batch = CouponBatchFactory(name="mine", shared_code="MINE")
    claiming.claim(shop.platform, "li", batch.pk)
    assert offered(shop.browse("GET", "/offers", user_id="li")) == {"mine": "MINE"}
    assert offered(shop.browse("GET", "/offers", user_id="never seen")) == {"mine": None}
    assert shop.browse("GET", "/offers?user_id=wang", user_id="li").status_code == 403


def test_rules_and_refusals_speak_the_language_asked_for(shop: Partner):
    batch = CouponBatchFactory(value=2_000, limit_total=1, used=1)
    CouponBatchFactory(value=1_000)
    english = shop.get("/offers?lang=en").json()["results"][0]["rule"]
    assert english[0] == "¥10 off"
    body = {"batch_id": str(batch.pk), "user_id": "li"}
    assert shop.post("/coupons?lang=en", body).json()["detail"] == "All of these coupons are used."
    assert "used" not in shop.post("/coupons", body).json()["detail"]
