"""`PUT /users/{user_id}/consents`: the state, its history, and what counts where nothing was stated."""

from typing import Any

import pytest

from accounts.models import Consent, LinkedAccount, Person
from tests.partner import Partner, new_partner, problem

pytestmark = pytest.mark.django_db

DEFAULTS = {"profiling": True, "recommendation": True, "cross_platform": False, "marketing": False}


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def state(answer: dict[str, Any]) -> dict[str, bool]:
    return {purpose: answer[purpose] for purpose in DEFAULTS}


def test_where_nothing_was_stated_the_platforms_settings_count(partner: Partner) -> None:
    answer = partner.put("/users/u1/consents", {}).json()
    assert (answer["user_id"], state(answer), answer["history"]) == ("u1", DEFAULTS, [])
    partner.platform.marketing_default = True
    partner.platform.profiling_default = False
    partner.platform.save()
    assert state(partner.put("/users/u1/consents", {}).json()) == DEFAULTS | {"marketing": True, "profiling": False}


def test_what_was_stated_counts_whatever_the_settings_say(partner: Partner) -> None:
    stated = {"profiling": False, "recommendation": False, "cross_platform": True, "marketing": True}
    answer = partner.put("/users/u1/consents", {**stated, "policy_version": "2026-03"}).json()
    assert state(answer) == stated
    partner.platform.recommendation_default = True
    partner.platform.save()
    assert state(partner.put("/users/u1/consents", {}).json()) == stated


def test_the_history_has_every_statement_the_latest_first(partner: Partner) -> None:
    partner.put("/users/u1/consents", {"marketing": True, "policy_version": "1"})
    answer = partner.put("/users/u1/consents", {"marketing": False, "policy_version": "2"}).json()
    told = [(entry["purpose"], entry["granted"], entry["policy_version"]) for entry in answer["history"]]
    assert told == [("marketing", False, "2"), ("marketing", True, "1")]
    assert {entry["source"] for entry in answer["history"]} == {"platform"}
    assert all(entry["stated_at"].endswith(("Z", "+00:00", "+08:00")) for entry in answer["history"])


def test_purposes_left_out_stay_as_they_are(partner: Partner) -> None:
    partner.put("/users/u1/consents", {"cross_platform": True})
    answer = partner.put("/users/u1/consents", {"marketing": True}).json()
    assert state(answer) == DEFAULTS | {"cross_platform": True, "marketing": True}
    assert len(answer["history"]) == 2


def test_a_user_not_heard_of_before_is_made(partner: Partner) -> None:
    partner.put("/users/小鹿%2F7/consents", {"marketing": True})
    assert LinkedAccount.objects.get().external_id == "小鹿/7"


def test_users_of_other_platforms_with_the_same_id_are_others(partner: Partner) -> None:
    partner.put("/users/u1/consents", {"marketing": True})
    assert state(new_partner("other").put("/users/u1/consents", {}).json()) == DEFAULTS


def test_a_person_may_state_it_from_the_platforms_page(partner: Partner) -> None:
    answer = partner.browse("PUT", "/users/u1/consents", {"marketing": True}, user_id="u1").json()
    assert answer["marketing"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"marketing": "yes"}, 422, "invalid_field"),
        ({"marketing": 1}, 422, "invalid_field"),
        ({"policy_version": "x" * 101}, 422, "invalid_field"),
        ({"policy_version": "a\0b"}, 422, "invalid_character"),
        ([], 422, "invalid_field"),
        (b"{", 400, "malformed_json"),
    ],
)
def test_what_is_refused_leaves_no_trace(partner: Partner, body: Any, status: int, code: str) -> None:
    problem(partner.put("/users/u1/consents", body), status, code)
    assert not any(model.objects.exists() for model in (LinkedAccount, Person, Consent))


@pytest.mark.parametrize("user_id", ["x" * 201, "a%00b"])
def test_a_user_id_that_cannot_be_is_refused(partner: Partner, user_id: str) -> None:
    problem(partner.put(f"/users/{user_id}/consents", {"marketing": True}), 422, "invalid_user_id")
    assert not LinkedAccount.objects.exists()
