"""Campaigns through the partner API."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.models import CampaignState, Draw, Milestone, RewardKind
from campaigns.services import life
from tests.campaigns.test_fairness import verify
from tests.factories import CampaignFactory, running_lottery
from tests.partner import Partner, batch, event, new_partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Partner:
    partner = new_partner()
    partner.post("/events", batch(event(user_id="li")))
    return partner


def test_a_check_in_is_recorded_once(shop):
    campaign = CampaignFactory(plan={"daily_points": 5})
    Milestone.objects.create(campaign=campaign, days=3, reward=RewardKind.POINTS, amount=50)
    first = shop.post(f"/campaigns/{campaign.pk}/check-ins", {"user_id": "li"})
    again = shop.post(f"/campaigns/{campaign.pk}/check-ins", {"user_id": "li"})
    assert (first.status_code, again.status_code) == (201, 200)
    told = first.json()
    assert (told["streak"], told["next_milestone"]["days"]) == (1, 3)
    assert told["rewards"][0]["amount"] == 5
    assert again.json()["rewards"] == []
    changes = [each for each in shop.get("/changes").json()["results"] if each["type"] == "checkin.recorded"]
    assert [each["data"]["streak"] for each in changes] == [1]


def test_a_missed_day_is_made_up(shop):
    campaign = CampaignFactory(plan={"make_ups": 1, "make_up_price": 0})
    day = campaign.day_of(timezone.now()) - timedelta(days=1)
    path, body = f"/campaigns/{campaign.pk}/make-ups", {"user_id": "li", "day": day.isoformat()}
    assert [shop.post(path, body).status_code for _ in range(2)] == [201, 200]
    problem(shop.post(path, {"user_id": "li", "day": "2020-01-01"}), 422, "nothing_to_make_up")


def test_a_draw_is_drawn_once_for_each_key(shop):
    lottery = running_lottery([{"reward": RewardKind.POINTS, "amount": 3}])
    path, body = f"/campaigns/{lottery.pk}/draws", {"user_id": "li", "nonce": "abc"}
    first, again = (shop.post(path, body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert Draw.objects.count() == 1
    told = first.json()
    assert told["prize"]["given"]["amount"] == 3
    assert told["proof"]["nonce"] == "abc"
    problem(shop.post(path, {**body, "nonce": "z"}, headers={"Idempotency-Key": "k"}), 422, "idempotency_key_reused")


def test_a_refused_draw_says_why(shop):
    lottery = running_lottery([{}], {"free_daily": 0})
    told = problem(shop.post(f"/campaigns/{lottery.pk}/draws", {"user_id": "li"}), 422, "no_chances")
    assert told["detail"]
    problem(shop.post(f"/campaigns/{uuid4()}/draws", {"user_id": "li"}), 404, "not_found")
    problem(shop.post(f"/campaigns/{uuid4()}/check-ins", {"user_id": "li"}), 404, "not_found")
    problem(shop.post(f"/campaigns/{lottery.pk}/draws", {"user_id": "li", "nonce": "a|b"}), 422, "invalid_field")


def test_the_proof_is_everybodys(shop):
    lottery = running_lottery([{"stock": 1}, {"weight": 2}], {"nothing_weight": 2})
    for n in range(6):
        shop.post(f"/campaigns/{lottery.pk}/draws", {"user_id": "li", "nonce": f"n{n}"})
    before = shop.browse("GET", f"/campaigns/{lottery.pk}/proof").json()
    assert before["seed"] is None
    life.move(lottery, CampaignState.ENDED)
    after = shop.get(f"/campaigns/{lottery.pk}/proof").json()
    assert after["commitment"] == before["commitment"]
    assert verify(json.loads(json.dumps(after))) == []
    problem(shop.get(f"/campaigns/{lottery.pk}/proof?cursor=x"), 422, "invalid_parameter")


def test_open_campaigns_tell_how_far_somebody_is(shop):
    check_ins = CampaignFactory(name="七日打卡")
    running_lottery([{"weight": 1}], {"nothing_weight": 3, "free_daily": 2})
    CampaignFactory(state=CampaignState.PAUSED)
    shop.post(f"/campaigns/{check_ins.pk}/check-ins", {"user_id": "li"})
    told = {each["kind"]: each for each in shop.get("/campaigns?user_id=li").json()["results"]}
    assert told.keys() == {"check_in", "lottery"}
    assert told["check_in"]["check_in"]["is_done_today"] is True
    assert told["lottery"]["lottery"]["remaining_draws"] == 2
    assert told["lottery"]["lottery"]["prizes"][0]["odds"] == 0.25
    for path in ("/campaigns", "/campaigns?user_id=nobody"):
        told = {each["kind"]: each for each in shop.get(path).json()["results"]}
        assert told["check_in"]["check_in"] is None, "nothing is known of a visitor"
        assert told["lottery"]["lottery"]["remaining_draws"] == 2


def test_a_browser_acts_for_its_own_person_alone(shop):
    campaign = CampaignFactory()
    path = f"/campaigns/{campaign.pk}/check-ins"
    assert shop.browse("POST", path, {"user_id": "li"}, user_id="li").status_code == 201
    assert shop.browse("POST", path, {"user_id": "wang"}, user_id="li").status_code == 403
    assert shop.browse("POST", path, {"user_id": "li"}).status_code in (401, 403)
