"""Withdrawing consent counts at once: in what is known of somebody, what they are shown and what platforms are told."""

import json
from typing import Any

import pytest
from django.test import TestCase

from accounts import sharing
from accounts.models import Change, Match, Regrouping
from accounts.services import contact_matching, linking
from accounts.services.platform_changes import save_platform
from tests.accounts.joined import account_with, sha256
from tests.partner import Partner, batch, event, item, new_partner

pytestmark = pytest.mark.django_db

ANN = "ann@example.com"


@pytest.fixture
def shop() -> Partner:
    """A platform that verifies addresses, whose user `u1` learns to program."""
    return platform_of("shop", "编程开发")


@pytest.fixture
def radio(shop: Partner) -> Partner:
    """Another one where the same person learns physics; their address has joined both accounts."""
    radio = platform_of("radio", "物理")
    contact_matching.look()
    assert known(shop)["platforms"] == {"shop", "radio"}
    return radio


def platform_of(slug: str, category: str) -> Partner:
    partner = new_partner(slug)
    partner.platform.verifies_email = True
    save_platform(partner.platform, ["verifies_email"])
    partner.post("/items", batch(*(item(f"{slug}-{n}", category=category) for n in range(4))))
    partner.put("/users/u1/consents", {"cross_platform": True})
    partner.post("/users", batch({"user_id": "u1", "email_sha256": sha256(ANN)}))
    partner.post("/events", batch(*(event(item_id=f"{slug}-{n}") for n in range(2))))
    return partner


def known(partner: Partner) -> dict[str, Any]:
    """What the platform may know of its user, and whose doings shape what they are shown."""
    partner.recommended("u1")
    profile = json.loads(partner.get("/users/u1/profile").content)
    return {
        "platforms": {each["name"] for each in (profile["traits"] or {"platforms": []})["platforms"]},
        "categories": {each["name"] for each in (profile["traits"] or {"categories": []})["categories"]},
        "shaped_by": len(sharing.of_external_id(partner.platform.pk, "u1").contributors),
    }


def told(partner: Partner) -> list[str]:
    rows = Change.objects.filter(platform=partner.platform, type__startswith="account.").order_by("pk")
    return list(rows.values_list("type", flat=True))


def test_joined_by_an_address_both_know_both_histories(shop: Partner, radio: Partner) -> None:
    both = {"platforms": {"shop", "radio"}, "categories": {"编程开发", "物理"}, "shaped_by": 2}
    assert known(shop) == known(radio) == both
    assert told(shop) == told(radio) == ["account.joined"]


@pytest.mark.parametrize("withdrawing", ["shop", "radio"])
def test_withdrawing_on_either_side_ends_it_on_both_and_giving_it_again_brings_it_back(
    shop: Partner, radio: Partner, withdrawing: str
) -> None:
    before = known(shop)
    by = {"shop": shop, "radio": radio}[withdrawing]
    by.put("/users/u1/consents", {"cross_platform": False})
    assert known(shop) == {"platforms": {"shop"}, "categories": {"编程开发"}, "shaped_by": 1}
    assert known(radio) == {"platforms": {"radio"}, "categories": {"物理"}, "shaped_by": 1}
    assert told(shop)[-1] == told(radio)[-1] == "account.separated"
    by.put("/users/u1/consents", {"cross_platform": True})
    assert known(shop) == known(radio) == before


def test_withdrawing_one_purpose_takes_that_history_out_of_it(shop: Partner, radio: Partner) -> None:
    radio.put("/users/u1/consents", {"recommendation": False})
    assert known(shop)["shaped_by"] == 1
    assert known(radio)["shaped_by"] == 0
    assert known(shop)["categories"] == {"编程开发", "物理"}
    radio.put("/users/u1/consents", {"profiling": False})
    assert known(shop)["categories"] == {"编程开发"}
    assert known(radio)["categories"] == set()


def test_undoing_the_joining_counts_at_once_too(shop: Partner, radio: Partner) -> None:

    with TestCase.captureOnCommitCallbacks(execute=True):
        linking.undo(Regrouping.objects.get())
    assert known(shop) == {"platforms": {"shop"}, "categories": {"编程开发"}, "shaped_by": 1}
    assert known(radio) == {"platforms": {"radio"}, "categories": {"物理"}, "shaped_by": 1}


def test_nothing_is_suggested_any_more_of_who_withdraws(shop: Partner) -> None:
    account_with(ANN, verified=False)
    contact_matching.look()
    assert Match.objects.waiting().count() == 1
    shop.put("/users/u1/consents", {"cross_platform": False})
    assert not Match.objects.exists()
