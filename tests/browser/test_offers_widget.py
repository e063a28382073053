"""Coupons in the widget, in pages that are not ours."""

import time
from dataclasses import dataclass

import jwt
import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Platform
from accounts.services.platforms import create_platform
from promotions.models import BatchState, Coupon, CouponBatch
from promotions.services import claiming
from tests.factories import CouponBatchFactory
from tests.foreign_site import ForeignSite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PERSON = "learner-7"
OFFER = "crossmarket-widget [part~=card]"


@dataclass(frozen=True)
class Partner:
    """A platform whose pages stand on the foreign site."""

    platform: Platform
    key: str
    host: str

    def snippet(self, signed_in: bool = True, lang: str = "zh") -> str:
        claims = {"sub": PERSON, "exp": int(time.time()) + 3600}
        token = jwt.encode(claims, self.platform.signing_secret, algorithm="HS256")
        person = f'data-user-token="{token}"' if signed_in else ""
        source = f'async src="{self.host}/widget/v1.js"'
        return f'<script {source} data-key="{self.key}" data-widget="offers" data-lang="{lang}" {person}></script>'


@pytest.fixture
def partner(live_server: LiveServer, foreign_site: ForeignSite) -> Partner:
    made = create_platform("foreign", "远方", [foreign_site.url])
    return Partner(made.platform, made.publishable_key, live_server.url)


@pytest.fixture
def batch() -> CouponBatch:
    return CouponBatchFactory(name="开学礼", value=2_000, minimum=5_000, shared_code="SCHOOL")


def offer(page: Page) -> Locator:
    return page.locator(OFFER)


def test_an_offer_is_claimed_by_keyboard_and_its_code_can_be_copied(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite, batch: CouponBatch
) -> None:
    browser_page.goto(foreign_site.show(partner.snippet()))
    expect(browser_page.locator("crossmarket-widget").get_by_role("heading")).to_have_text("优惠券")
    expect(offer(browser_page)).to_contain_text("减 ¥20")
    browser_page.keyboard.press("Tab")
    expect(browser_page.get_by_role("button", name="领取: 开学礼")).to_be_focused()
    browser_page.keyboard.press("Enter")
    expect(offer(browser_page).locator("code")).to_have_text("SCHOOL")
    expect(offer(browser_page).get_by_role("status")).to_contain_text("已领取")
    expect(browser_page.get_by_role("button", name="复制券码: 开学礼")).to_be_focused()
    assert Coupon.objects.get(batch=batch).holder.external_id == PERSON
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browser_page.keyboard.press("Enter")
    expect(offer(browser_page).get_by_role("status")).to_have_text("已复制")
    assert browser_page.evaluate("navigator.clipboard.readText()") == "SCHOOL"


def test_what_was_claimed_is_there_with_its_code(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite, batch: CouponBatch
) -> None:
    claiming.claim(partner.platform, PERSON, batch.pk)
    browser_page.goto(foreign_site.show(partner.snippet(lang="en")))
    expect(offer(browser_page).locator("code")).to_have_text("SCHOOL")
    expect(offer(browser_page)).to_contain_text("¥20 off")


def test_who_comes_too_late_is_told_why_in_words(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite, batch: CouponBatch
) -> None:
    browser_page.goto(foreign_site.show(partner.snippet(lang="en")))
    button = browser_page.get_by_role("button", name="Claim: 开学礼")
    expect(button).to_be_visible()
    CouponBatch.objects.filter(pk=batch.pk).update(state=BatchState.ENDED)
    button.click()
    expect(offer(browser_page).get_by_role("status")).to_have_text("This coupon is no longer offered.")


def test_an_anonymous_visitor_sees_what_anybody_may_claim(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite, batch: CouponBatch
) -> None:
    browser_page.goto(foreign_site.show(partner.snippet(signed_in=False)))
    expect(offer(browser_page)).to_contain_text("登录后可以领取")
    expect(offer(browser_page).get_by_role("button")).to_have_count(0)


def test_a_strict_policy_and_a_phone_are_no_trouble(
    phone_page: Page, partner: Partner, foreign_site: ForeignSite, batch: CouponBatch
) -> None:
    foreign_site.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {partner.host}; connect-src {partner.host}; require-trusted-types-for 'script'"
    )
    viewport = '<meta name="viewport" content="width=device-width">'
    phone_page.goto(foreign_site.show(partner.snippet(), head=viewport))
    expect(offer(phone_page)).to_be_visible()
    assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_coupons_it_says_so(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    browser_page.goto(foreign_site.show(partner.snippet(lang="en")))
    expect(browser_page.locator("crossmarket-widget [part=message]")).to_contain_text("No coupons at the moment")
