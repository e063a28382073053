"""Coupons on our own pages: found, claimed, kept, and counted into the price of a course."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_learner import sign_in
from tests.factories import CouponBatchFactory, CourseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_who_is_not_signed_in_sees_what_may_be_claimed_and_is_asked_to_sign_in(browser_page: Page) -> None:
    CouponBatchFactory(name="开学礼", value=2_000)
    browser_page.goto("/offers/")
    expect(browser_page.locator("main")).to_contain_text("开学礼")
    browser_page.goto("/me/wallet/")
    browser_page.wait_for_url("**/accounts/login/**")


def test_a_coupon_is_claimed_in_place_and_then_in_the_wallet_and_in_the_price(phone_page: Page) -> None:
    CouponBatchFactory(name="开学礼", value=2_000, shared_code="SCHOOL")
    course = CourseFactory(price=9_900)
    sign_in(phone_page)
    phone_page.goto("/offers/")
    phone_page.locator("main form button").first.click()
    expect(phone_page.locator("main")).to_contain_text("SCHOOL")
    assert phone_page.url.endswith("/offers/")
    phone_page.goto("/me/wallet/")
    expect(phone_page.locator("main")).to_contain_text("SCHOOL")
    assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone_page.goto(f"/courses/{course.pk}/")
    expect(phone_page.locator(".course-buy")).to_contain_text("¥79")
    expect(phone_page.locator(".course-buy")).to_contain_text("¥99")
