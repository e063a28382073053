"""`GET /users/{user_id}/profile`: what a platform may see of its user, until now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import LinkedAccount
from accounts.services import linking
from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from profiles.profiling.building import enqueue_build
from tests.partner import Partner, batch, event, item, new_partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Partner:
    """A platform with two described courses."""
    return described("shop")


def described(slug: str) -> Partner:
    partner = new_partner(slug)
    courses = (item("c1", price=9_900), item("c2", price=0, category="投资理财"))
    assert partner.post("/items", batch(*courses)).status_code == 202
    return partner


def profile(partner: Partner, user_id: str = "u1", **options: Any) -> dict[str, Any]:
    response = partner.get(f"/users/{user_id}/profile", **options)
    assert response.status_code == 200, response.content
    return response.json()


def send(partner: Partner, *events: dict[str, Any]) -> None:
    assert partner.post("/events", batch(*events)).json()["accepted"] == len(events)


def join(shop: Partner, app: Partner) -> None:
    """Make `u1` of the shop and `u1` of the app one person."""
    for partner in (shop, app):
        partner.put("/users/u1/consents", {"cross_platform": True})
    code = shop.post("/users/u1/link-codes").json()["code"]
    assert app.post("/links", {"user_id": "u1", "code": code}).status_code == 200


def build() -> None:
    job = jobs.run(enqueue_build(to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error


def test_an_event_counts_in_the_very_next_profile(shop: Partner) -> None:
    send(shop, event())
    before = profile(shop)["traits"]
    assert before["events"] == 1
    send(shop, event(type="purchase", value=9_900))
    after = profile(shop)["traits"]
    assert after["events"] == 2
    assert after["spending"]["spent"] == 9_900
    assert after["rfm"]["recency_days"] < 0.1
    assert after["last_event"] >= before["last_event"]


def test_before_the_first_building_nothing_is_compared_and_then_it_is(shop: Partner) -> None:
    send(shop, event(), event(type="purchase", value=9_900))
    first = profile(shop)
    assert first["model"] is None
    assert first["traits"]["spending"]["percentile"] is None
    assert [each["name"] for each in first["traits"]["categories"]] == ["编程开发"]
    build()
    told = profile(shop)
    assert told["model"] == 1
    assert told["traits"]["spending"]["percentile"] is not None
    assert told["traits"]["rfm"]["recency_score"] in range(1, 6)
    assert told["segments"] == []


def test_the_description_speaks_the_language_asked_for(shop: Partner) -> None:
    late = (datetime.now(UTC) - timedelta(days=1)).replace(hour=15)  # 23 o'clock in Shanghai
    send(shop, event(timestamp=late.isoformat()))
    assert "late at night" in profile(shop, headers={"Accept-Language": "en"})["description"]
    assert "深夜" in profile(shop, headers={"Accept-Language": "zh-hans"})["description"]


def test_without_consent_to_profiling_there_is_no_profile(shop: Partner) -> None:
    send(shop, event())
    shop.put("/users/u1/consents", {"profiling": False})
    told = profile(shop)
    assert told["consented"] is False
    assert told["traits"] is None
    shop.put("/users/u1/consents", {"profiling": True})
    assert profile(shop)["traits"]["events"] == 1


def test_other_platforms_are_in_it_only_while_both_sides_agree(shop: Partner) -> None:
    app = described("app")
    send(shop, event())
    send(app, event(), event(type="like"))
    join(shop, app)
    assert profile(shop)["joined"] is True
    assert profile(shop)["traits"]["events"] == 3
    app.put("/users/u1/consents", {"cross_platform": False})
    assert profile(shop)["joined"] is False
    assert profile(shop)["traits"]["events"] == 1
    assert profile(app)["traits"]["events"] == 2


def test_an_account_that_refuses_profiling_keeps_its_events_out_of_the_others_profile(shop: Partner) -> None:
    app = described("app")
    send(shop, event())
    send(app, event())
    join(shop, app)
    app.put("/users/u1/consents", {"profiling": False})
    assert profile(shop)["traits"]["events"] == 1
    assert profile(app)["traits"] is None


def test_leaving_takes_the_other_history_out_at_once(shop: Partner) -> None:
    app = described("app")
    send(shop, event())
    send(app, event())
    join(shop, app)
    build()
    linking.leave(LinkedAccount.objects.get(platform=app.platform))
    assert profile(shop)["traits"]["events"] == 1


def test_somebody_who_did_nothing_has_an_empty_profile(shop: Partner) -> None:
    shop.post("/users", batch({"user_id": "u1"}))
    told = profile(shop, headers={"Accept-Language": "en"})
    assert told["traits"]["events"] == 0
    assert told["description"] == "nothing is known yet"


def test_what_was_only_shown_tells_nothing(shop: Partner) -> None:
    send(shop, event(type="impression"))
    assert profile(shop)["traits"]["events"] == 0


def test_an_unknown_user_and_other_users_are_refused(shop: Partner) -> None:
    problem(shop.get("/users/nobody/profile"), 404, "user_not_found")
    problem(new_partner("other").get("/users/u1/profile"), 404, "user_not_found")
    send(shop, event(), event(user_id="u2"))
    assert shop.browse("GET", "/users/u1/profile", user_id="u1").status_code == 200
    refused = shop.browse("GET", "/users/u2/profile", user_id="u1")
    assert refused.status_code == 403
    assert shop.browse("GET", "/users/u1/profile").status_code == 403


def test_reading_changes_nothing(shop: Partner, django_assert_max_num_queries: Any) -> None:
    send(shop, event())
    build()
    profile(shop)
    with django_assert_max_num_queries(12) as captured:
        profile(shop)
    assert not [each["sql"] for each in captured if each["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
