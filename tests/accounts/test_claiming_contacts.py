"""Claiming somebody's address tells a platform nothing: neither whether they are known elsewhere, nor who they are."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from accounts.models import Change, LinkedAccount, Match
from accounts.services import contact_matching, suggestions
from accounts.services.change_stream import number
from accounts.services.platform_changes import save_platform
from tests.accounts.joined import sha256
from tests.factories import UserFactory
from tests.partner import Partner, batch, event, item, new_partner

pytestmark = pytest.mark.django_db

VICTIM, NOBODY = sha256("victim@example.com"), sha256("nobody@example.com")
AGREED = {"cross_platform": True, "recommendation": True, "profiling": True}


@pytest.fixture
def radio() -> Partner:
    """A platform that verifies addresses, where the victim learns physics."""
    radio = new_partner("radio")
    radio.platform.verifies_email = True
    save_platform(radio.platform, ["verifies_email"])
    radio.post("/items", batch(*(item(f"r{n}", category="物理") for n in range(4))))
    radio.put("/users/victim/consents", AGREED)
    radio.post("/users", batch({"user_id": "victim", "email_sha256": VICTIM, "traits": {"name": "Vic"}}))
    radio.post(
        "/events", batch(*(event(user_id="victim", item_id=f"r{n}", type="complete", value=1) for n in range(4)))
    )
    return radio


@pytest.fixture
def shop(radio: Partner) -> Partner:
    """A platform that does not verify addresses and claims that of the victim for one user, nobody's for another."""
    shop = new_partner("shop")
    shop.post("/items", batch(*(item(f"c{n}") for n in range(4))))
    return shop


def claims(shop: Partner, user_id: str, contact: str) -> list[HttpResponse]:
    """Everything that a platform can ask about a user of whom it claims a contact."""
    calls = [
        shop.put(f"/users/{user_id}/consents", AGREED),
        shop.post("/users", batch({"user_id": user_id, "email_sha256": contact, "phone_sha256": contact})),
    ]
    look()
    calls += [
        shop.post("/users", batch({"user_id": user_id, "email_sha256": contact})),
        shop.put(f"/users/{user_id}/consents", AGREED),
        shop.post("/events", batch(event(user_id=user_id, item_id="c0"))),
    ]
    look()
    calls += [
        shop.get(f"/users/{user_id}/profile"),
        shop.get(f"/recommendations?user_id={user_id}"),
        shop.get("/changes"),
        shop.post(f"/users/{user_id}/link-codes"),
        shop.delete(f"/users/{user_id}/links"),
        shop.get("/changes"),
    ]
    return calls


def look() -> None:
    while contact_matching.look():
        pass


CHANGING = re.compile(r'"(code|recommendation_id|next)": ?"[^"]*"|"\d{4}-\d\d-\d\dT[^"]*"')


def told(response: HttpResponse) -> Any:
    """What an answer says, without times, codes and ids that differ from call to call."""
    return response.status_code, sorted(response.headers), CHANGING.sub("", response.content.decode())


def test_whether_somebody_is_known_elsewhere_is_in_no_answer(shop: Partner) -> None:
    of_victim, of_nobody = claims(shop, "u1", VICTIM), claims(shop, "u2", NOBODY)
    assert Match.objects.waiting().count() == 1, "the owner of the address is still to be asked"
    for one, other in zip(of_victim, of_nobody, strict=True):
        assert told(one) == (told(other)[0], told(other)[1], told(other)[2].replace("u2", "u1"))
    assert not Change.objects.exists()


def test_comparing_happens_outside_of_the_call(shop: Partner) -> None:
    """So that not even the time that an answer takes depends on who is known elsewhere."""
    asked = []
    for user_id, contact in (("u1", VICTIM), ("u2", NOBODY)):
        shop.put(f"/users/{user_id}/consents", AGREED)
        with CaptureQueriesContext(connection) as counted:
            shop.post("/users", batch({"user_id": user_id, "email_sha256": contact}))
        asked.append(len(counted))
    assert asked[0] == asked[1]
    assert not Match.objects.exists()


def test_after_the_owner_of_the_address_has_confirmed_both_platforms_know(shop: Partner, radio: Partner) -> None:
    shop.put("/users/u1/consents", AGREED)
    shop.post("/users", batch({"user_id": "u1", "email_sha256": VICTIM}))
    look()
    owner = LinkedAccount.objects.get(external_id="victim")
    assert not Change.objects.exists()
    suggestions.confirm_by_person(Match.objects.get(), owner, UserFactory())
    number(shop.platform.pk)
    (change,) = json.loads(shop.get("/changes").content)["results"]
    assert (change["type"], change["data"]["platforms"]) == ("account.joined", ["radio"])
    assert "victim" not in json.dumps(change)


def test_rejecting_is_told_to_nobody(shop: Partner) -> None:
    shop.put("/users/u1/consents", AGREED)
    shop.post("/users", batch({"user_id": "u1", "email_sha256": VICTIM}))
    look()
    suggestions.reject(Match.objects.get(), UserFactory())
    assert not Change.objects.exists()
