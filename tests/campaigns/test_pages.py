"""The pages of campaigns."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services.accounts import house_account
from campaigns import showing
from campaigns.models import CampaignState, CheckIn, Draw, LeftLeaderboard, LotteryStyle, Milestone, Parcel, RewardKind
from campaigns.services import checking_in, life
from promotions.services import points
from tests.factories import CampaignFactory, UserFactory, running_lottery

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def browser(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def url(name: str, campaign) -> str:
    return reverse(f"campaigns:{name}", args=[campaign.pk])


def test_what_is_open_is_listed(browser, client):
    CampaignFactory(name="七日打卡")
    CampaignFactory(name="暂停了", state=CampaignState.PAUSED)
    page = browser.get(reverse("campaigns:campaigns")).content.decode()
    assert "七日打卡" in page
    assert "暂停了" not in page


def test_visitors_see_a_campaign_and_sign_in_to_take_part(client):
    campaign = CampaignFactory(name="七日打卡")
    assert "七日打卡" in client.get(reverse("campaigns:campaigns")).content.decode()
    assert client.get(url("campaign", campaign)).status_code == 200
    assert client.post(url("check-in", campaign)).status_code == 302
    assert not CheckIn.objects.exists()


def test_a_check_in_is_shown_at_once(browser):
    campaign = CampaignFactory(plan={"daily_points": 5})
    Milestone.objects.create(campaign=campaign, days=3, reward=RewardKind.POINTS, amount=50)
    answer = browser.post(url("check-in", campaign), headers=HTMX).content.decode()
    assert 'aria-current="date"' in answer
    assert "5" in answer
    assert browser.post(url("check-in", campaign)).status_code == 302
    assert CheckIn.objects.count() == 1


def test_a_missed_day_can_be_made_up_on_the_calendar(browser, user):
    campaign = CampaignFactory(plan={"make_ups": 1, "make_up_price": 5})
    points.earn(house_account(user), 5, "test", "gift")
    day = campaign.day_of(timezone.now()) - timedelta(days=1)
    weeks = showing.month(campaign, checking_in.progress(campaign, house_account(user)))
    assert any(each.can_make_up for week in weeks for each in week) or day.month != timezone.now().month
    assert browser.post(url("make-up", campaign), {"day": day.isoformat()}, headers=HTMX).status_code == 200
    assert CheckIn.objects.get().is_make_up
    assert browser.post(url("make-up", campaign), {"day": "never"}).status_code == 404


def test_who_leaves_the_leaderboard_is_not_on_it(browser, user):
    campaign = CampaignFactory()
    browser.post(url("check-in", campaign))
    assert len(showing.leaderboard(campaign, house_account(user))) == 1
    browser.post(url("leaderboard", campaign))
    assert showing.leaderboard(campaign, house_account(user)) == []
    browser.post(url("leaderboard", campaign), {"shown": "on"})
    assert not LeftLeaderboard.objects.exists()


@pytest.mark.parametrize("style", LotteryStyle.values)
def test_a_draw_is_shown_in_each_style(browser, style):
    lottery = running_lottery([{"name": "笔记本"}], {"free_daily": 1, "style": style})
    assert "笔记本" in browser.get(url("campaign", lottery)).content.decode()
    answer = browser.post(url("draw", lottery), {"nonce": "abc"}, headers=HTMX).content.decode()
    assert "笔记本" in answer
    assert Draw.objects.get().nonce == "abc"
    browser.post(url("draw", lottery), headers=HTMX)
    assert Draw.objects.count() == 1
    assert browser.post(url("draw", lottery), {"nonce": "a|b"}).status_code == 404


def test_odds_and_fingerprint_are_published(client):
    lottery = running_lottery([{"weight": 1}], {"nothing_weight": 3, "guarantee_after": 5, "guaranteed": 0})
    page = client.get(url("campaign", lottery)).content.decode()
    assert "25%" in page
    proof = json.loads(client.get(url("proof", lottery)).content)
    assert proof["commitment"] in page
    assert proof["seed"] is None
    assert client.get(url("verify", lottery)).status_code == 200
    life.move(lottery, CampaignState.ENDED)
    assert json.loads(client.get(url("proof", lottery)).content)["seed"]
    assert client.get(url("verify", CampaignFactory())).status_code == 404


def test_drafts_are_shown_to_nobody(browser):
    draft = CampaignFactory(state=CampaignState.DRAFT)
    assert browser.get(url("campaign", draft)).status_code == 404
    assert browser.get(url("proof", draft)).status_code == 404


def test_a_winner_says_where_the_prize_shall_go(browser, user):
    lottery = running_lottery([{"name": "笔记本", "reward": RewardKind.PHYSICAL}])
    browser.post(url("draw", lottery))
    address = reverse("campaigns:parcel", args=[lottery.pk, 1])
    assert address in browser.get(url("campaign", lottery)).content.decode()
    assert browser.post(address, {"recipient": "李"}).status_code == 200
    told = {"recipient": "李", "phone": "138", "address": "路 1"}
    assert browser.post(address, told).status_code == 302
    assert Parcel.objects.get().account == house_account(user)
    Parcel.objects.update(sent_at=timezone.now())
    browser.post(address, {**told, "recipient": "王"})
    assert Parcel.objects.get().recipient == "李", "it is on its way"
    browser.force_login(UserFactory())
    assert browser.get(address).status_code == 404
