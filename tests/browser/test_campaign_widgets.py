"""Check-ins and lotteries in the widget, in pages that are not ours."""

import time
from dataclasses import dataclass

import jwt
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Platform
from accounts.services.platforms import create_platform
from campaigns.models import CheckIn, Draw, Milestone, RewardKind
from tests.factories import CampaignFactory, running_lottery
from tests.foreign_site import ForeignSite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PERSON = "learner-7"
CARD = "crossmarket-widget [part~=card]"


@dataclass(frozen=True)
class Partner:
    """A platform whose pages stand on the foreign site."""

    platform: Platform
    key: str
    host: str

    def snippet(self, widget: str, signed_in: bool = True, lang: str = "en") -> str:
        claims = {"sub": PERSON, "exp": int(time.time()) + 3600}
        token = jwt.encode(claims, self.platform.signing_secret, algorithm="HS256")
        person = f'data-user-token="{token}"' if signed_in else ""
        source = f'async src="{self.host}/widget/v1.js"'
        return f'<script {source} data-key="{self.key}" data-widget="{widget}" data-lang="{lang}" {person}></script>'


@pytest.fixture
def partner(live_server: LiveServer, foreign_site: ForeignSite) -> Partner:
    made = create_platform("foreign", "远方", [foreign_site.url])
    return Partner(made.platform, made.publishable_key, live_server.url)


def test_a_check_in_by_keyboard(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    campaign = CampaignFactory(name="七日打卡", plan={"daily_points": 5})
    Milestone.objects.create(campaign=campaign, days=3, reward=RewardKind.POINTS, amount=50)
    browser_page.goto(foreign_site.show(partner.snippet("checkin")))
    button = browser_page.get_by_role("button", name="Check in: 七日打卡")
    expect(button).to_be_visible()
    browser_page.keyboard.press("Tab")
    expect(button).to_be_focused()
    browser_page.keyboard.press("Enter")
    card = browser_page.locator(CARD)
    expect(card.get_by_role("status")).to_contain_text("Done for today · 5 points")
    expect(card).to_contain_text("1 days in a row")
    expect(card).to_contain_text("At 3 days in a row: 50 points")
    expect(button).to_be_disabled()
    assert CheckIn.objects.get().account.external_id == PERSON


def test_a_draw_on_a_phone_under_a_strict_policy(phone_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    running_lottery([{"name": "笔记本", "weight": 1}], {"free_daily": 1})
    foreign_site.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {partner.host}; connect-src {partner.host}; require-trusted-types-for 'script'"
    )
    viewport = '<meta name="viewport" content="width=device-width">'
    phone_page.goto(foreign_site.show(partner.snippet("lottery", lang="zh"), head=viewport))
    card = phone_page.locator(CARD)
    expect(card).to_contain_text("笔记本 · 100%")
    phone_page.get_by_role("button", name="抽奖").click()
    expect(card.get_by_role("status")).to_have_text("你中了：笔记本")
    expect(card).to_contain_text("还剩 0 次")
    expect(phone_page.get_by_role("button", name="抽奖")).to_be_disabled()
    assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert len(Draw.objects.get().nonce) == 32


@pytest.mark.parametrize(("widget", "words"), [("checkin", "Sign in to check in"), ("lottery", "Sign in to draw")])
def test_visitors_are_asked_to_sign_in(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite, widget: str, words: str
) -> None:
    CampaignFactory()
    running_lottery([{}])
    browser_page.goto(foreign_site.show(partner.snippet(widget, signed_in=False)))
    expect(browser_page.locator(CARD)).to_contain_text(words)
    expect(browser_page.locator(CARD).get_by_role("button")).to_have_count(0)


def test_without_campaigns_it_says_so(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    browser_page.goto(foreign_site.show(partner.snippet("lottery")))
    expect(browser_page.locator("crossmarket-widget [part=message]")).to_contain_text("There is no lottery")
