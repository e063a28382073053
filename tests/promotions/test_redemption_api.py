"""The calls of the partner API that are about coupons on orders."""

from uuid import uuid4

import pytest

from accounts.models import Platform
from promotions.models import Redemption
from tests.factories import CouponBatchFactory
from tests.partner import PROBLEM, Partner, new_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def body_of(*codes: str, user_id: str = "li", **order: object) -> dict[str, object]:
    items = [{"item_id": "a", "price": 1_000, "quantity": 2}, {"item_id": "b", "price": 500}]
    order = {"order_id": "order 1", "amount": 2_500, "currency": "CNY", "items": items, **order}
    return {"user_id": user_id, "codes": list(codes), "order": order}


def test_validating_tells_each_discount_and_changes_nothing(partner: Partner):
    CouponBatchFactory(shared_code="TENTH", benefit="percent", value=1_000, rank=2)
    CouponBatchFactory(shared_code="FIFTY", value=50, rank=1)
    told = partner.post("/validations", body_of("TENTH", "FIFTY", "NONE")).json()
    assert told["valid"] is False
    assert [(each["code"], each["works"], each["discount"]) for each in told["codes"]] == [
        ("FIFTY", True, 50),
        ("TENTH", True, 245),
        ("NONE", False, 0),
    ]
    assert told["codes"][2]["reason"] == "not_found"
    assert (told["discount"], told["amount"], told["currency"]) == (295, 2_205, "CNY")
    assert [each["item_id"] for each in told["items"]] == ["a", "b"]
    assert sum(each["discount"] for each in told["items"]) == 295
    assert not Redemption.objects.exists()


def test_a_redemption_is_reserved_committed_and_rolled_back(partner: Partner):
    CouponBatchFactory(shared_code="ONE", limit_total=1)
    made = partner.post("/redemptions", body_of("ONE"))
    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["discount"], told["amount"]) == ("reserved", 100, 2_400)
    path = f"/redemptions/{told['id']}"
    for verb, state in (("commit", "committed"), ("commit", "committed"), ("rollback", "rolled_back")):
        answer = partner.post(f"{path}/{verb}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    refused = partner.post(f"{path}/commit")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_ended")


def test_a_code_that_does_not_work_is_refused_where_it_stands(partner: Partner):
    CouponBatchFactory(shared_code="ONE")
    refused = partner.post("/redemptions", body_of("ONE", "NONE"))
    assert (refused.status_code, refused["Content-Type"], refused.json()["code"]) == (422, PROBLEM, "not_found")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/codes/1"]


def test_the_same_key_gives_the_same_answer(partner: Partner):
    CouponBatchFactory(shared_code="ONE", limit_total=1)
    headers = {"Idempotency-Key": "once"}
    first = partner.post("/redemptions", body_of("ONE"), headers=headers)
    again = partner.post("/redemptions", body_of("ONE"), headers=headers)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    reused = partner.post("/redemptions", body_of("ONE", user_id="wang"), headers=headers)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert Redemption.objects.count() == 1


def test_the_words_are_of_the_platforms_language(partner: Partner):
    english = new_partner("english")
    Platform.objects.filter(pk=english.platform.pk).update(locale="en")
    details = [each.post("/validations", body_of("NONE")).json()["codes"][0]["detail"] for each in (partner, english)]
    assert details == ["没有这张券，请检查券码。", "There is no such coupon. Check the code."]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": 1}, "/order/amount"),
        ({"amount": -1}, "/order/amount"),
        ({"currency": "yuan"}, "/order/currency"),
        ({"items": [{"item_id": "a", "price": 1.5}]}, "/order/items/0/price"),
        ({"items": [{"item_id": "a", "price": 2_500, "quantity": 0}]}, "/order/items/0/quantity"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_where_it_does_not(partner: Partner, change, pointer):
    for call in ("/validations", "/redemptions"):
        refused = partner.post(call, body_of("ONE", **change))
        assert (refused.status_code, refused["Content-Type"]) == (422, PROBLEM)
        assert pointer in [error["pointer"] for error in refused.json()["errors"]]


def test_an_order_need_not_name_items(partner: Partner):
    CouponBatchFactory(shared_code="ONE")
    assert partner.post("/validations", body_of("ONE", items=[])).json()["discount"] == 100


def test_an_unknown_redemption_is_not_found(partner: Partner):
    for verb in ("commit", "rollback"):
        assert partner.post(f"/redemptions/{uuid4()}/{verb}").status_code == 404
