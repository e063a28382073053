"""Refunds by the partner API and at the desk."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from promotions.models import Redemption, Refund
from tests.factories import CouponBatchFactory, UserFactory
from tests.partner import Partner, new_partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def paid(partner: Partner, with_items: bool = True) -> str:
    """The id of a redemption of an order that was paid."""
    CouponBatchFactory(shared_code="TENTH", benefit="percent", value=1_000)
    items = [{"item_id": "a", "price": 1_000, "quantity": 2}, {"item_id": "b", "price": 500}] if with_items else []
    order = {"order_id": "order 1", "amount": 2_500, "currency": "CNY", "items": items}
    made = partner.post("/redemptions", {"user_id": "li", "codes": ["TENTH"], "order": order}).json()
    partner.post(f"/redemptions/{made['id']}/commit")
    return made["id"]


def test_what_comes_back_is_told_line_by_line(partner: Partner):
    order = paid(partner)
    answer = partner.post(f"/redemptions/{order}/refunds", {"items": [{"item_id": "a"}, {"line": 1}]})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["state"], told["amount"], told["discount"], told["refundable"]) == ("committed", 1_350, 150, 900)
    assert told["items"] == [
        {"line": 0, "item_id": "a", "quantity": 1, "amount": 900, "discount": 100},
        {"line": 1, "item_id": "b", "quantity": 1, "amount": 450, "discount": 50},
    ]
    last = partner.post(f"/redemptions/{order}/refunds", {"items": [{"item_id": "a"}]}).json()
    assert (last["state"], last["amount"], last["refundable"]) == ("rolled_back", 900, 0)
    assert partner.post(f"/redemptions/{order}/rollback").json()["refunded"] == 2_250


def test_of_an_order_without_items_a_sum_comes_back(partner: Partner):
    order = paid(partner, with_items=False)
    told = partner.post(f"/redemptions/{order}/refunds", {"amount": 1_000}).json()
    assert (told["amount"], told["discount"], told["refundable"], told["items"]) == (900, 100, 1_350, [])


def test_the_same_key_pays_back_once(partner: Partner):
    order, headers = paid(partner), {"Idempotency-Key": "once"}
    body = {"items": [{"item_id": "a"}]}
    first, again = (partner.post(f"/redemptions/{order}/refunds", body, headers=headers) for _call in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert Refund.objects.count() == 1
    other = partner.post(f"/redemptions/{order}/refunds", {"items": [{"item_id": "b"}]}, headers=headers)
    problem(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "nothing_returned", "/items/0"),
        ({"items": [{"item_id": "b"}, {"item_id": "c"}]}, "not_in_order", "/items/1"),
        ({"items": [{"item_id": "a", "quantity": 3}]}, "more_than_bought", "/items/0"),
        ({"items": [{"item_id": "a", "line": 0}]}, "invalid_field", "/items/0"),
        ({"items": [{"item_id": "a", "quantity": 0}]}, "invalid_field", "/items/0/quantity"),
        ({"amount": 100}, "items_required", "/amount"),
        ({"amount": -1}, "invalid_field", "/amount"),
    ],
)
def test_what_cannot_come_back_is_refused_where_it_stands(partner: Partner, body: Any, code: str, pointer: str):
    refused = partner.post(f"/redemptions/{paid(partner)}/refunds", body)
    told = problem(refused, 422, code)
    assert [error["pointer"] for error in told["errors"]] == [pointer]
    assert not Refund.objects.exists()


def test_what_was_not_paid_or_is_not_there_is_refused(partner: Partner):
    order = paid(partner)
    partner.post(f"/redemptions/{order}/rollback")
    problem(partner.post(f"/redemptions/{order}/refunds", {"items": [{"line": 0}]}), 409, "not_committed")
    stranger = new_partner("stranger")
    refused = stranger.post(f"/redemptions/{order}/refunds", {"items": [{"line": 0}]})
    problem(refused, 404, "redemption_not_found")


def page_of(order: str) -> str:
    return reverse("admin:promotions_redemption_refund_page", args=[order])


def test_a_marketer_sees_what_goes_back_and_pays_it_back_once(partner: Partner, admin_client: Client):
    order = paid(partner)
    assert page_of(order) not in admin_client.get(reverse("admin:promotions_redemption_changelist")).content.decode()
    page = admin_client.get(page_of(order)).content.decode()
    assert re.search(r'name="line0"[^>]*max="2"', page)
    sent = {"known": "0", "line0": "1", "line1": ""}
    asked = admin_client.post(page_of(order), sent, headers={"HX-Request": "true"}).content.decode()
    assert "<strong>¥9</strong>" in asked
    assert not Refund.objects.exists()
    for _click in range(2):
        admin_client.post(page_of(order), sent)
    assert [each.amount for each in Refund.objects.all()] == [900]
    shown = admin_client.get(reverse("admin:promotions_redemption_change", args=[order])).content.decode()
    assert "900" in shown


def test_refunds_are_for_those_who_may(partner: Partner):
    order = paid(partner)
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_redemption"))
    client = Client()
    client.force_login(looker)
    assert client.get(reverse("admin:promotions_redemption_change", args=[order])).status_code == 200
    for answer in (client.get(page_of(order)), client.post(page_of(order), {"known": "0", "line0": "1"})):
        assert answer.status_code == 403
    assert Redemption.objects.get().refunded == 0


def test_a_sum_is_said_as_people_write_money(partner: Partner, admin_client: Client):
    order = paid(partner, with_items=False)
    assert admin_client.post(page_of(order), {"known": "0", "line0": "10.50"}).status_code == 302
    assert [(each.amount, each.discount) for each in Refund.objects.all()] == [(945, 105)]
    refused = admin_client.post(page_of(order), {"known": "1", "line0": "20"})
    assert refused.status_code == 200
    assert Refund.objects.count() == 1
