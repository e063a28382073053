"""The wallet, the claim centre and the best price."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.services.accounts import house_account
from promotions import own_wallet
from promotions.models import BatchState, Coupon
from promotions.pricing import stacking
from promotions.pricing.benefits import Benefit, BenefitKind
from promotions.pricing.best import best_claims
from promotions.pricing.order import Line, Order
from promotions.pricing.stacking import Claim
from promotions.services import claiming, points
from tests.factories import CouponBatchFactory, CouponFactory, CourseFactory, SegmentFactory, UserFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def browser(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def claim(user: User, **fields) -> Coupon:
    account = house_account(user)
    return claiming.claim(account.platform, account.external_id, CouponBatchFactory(**fields).pk)[0]


def test_a_claimed_coupon_stands_where_the_offer_stood(browser, user):
    batch = CouponBatchFactory(name="春季券", limit_person=1)
    assert "春季券" in browser.get(reverse("promotions:offers")).content.decode()
    answer = browser.post(reverse("promotions:claim", args=[batch.pk]), headers=HTMX).content.decode()
    assert batch.shared_code in answer
    assert Coupon.objects.get().holder == house_account(user)
    assert "春季券" not in browser.get(reverse("promotions:offers")).content.decode()
    assert batch.shared_code in browser.get(reverse("promotions:wallet")).content.decode()


def test_what_cannot_be_claimed_says_why(browser):
    batch = CouponBatchFactory()
    batch.segments.add(SegmentFactory())
    assert str(batch.name) not in browser.get(reverse("promotions:offers")).content.decode()
    answer = browser.post(reverse("promotions:claim", args=[batch.pk]), headers=HTMX)
    assert answer.status_code == 200
    assert not Coupon.objects.exists()


def test_visitors_see_offers_and_sign_in_to_claim(client):
    batch = CouponBatchFactory(name="春季券")
    assert "春季券" in client.get(reverse("promotions:offers")).content.decode()
    assert client.post(reverse("promotions:claim", args=[batch.pk])).status_code == 302
    assert client.get(reverse("promotions:wallet")).status_code == 302


def test_drafts_are_shown_to_nobody(browser):
    batch = CouponBatchFactory(state=BatchState.DRAFT)
    assert browser.post(reverse("promotions:claim", args=[batch.pk])).status_code == 404


def test_a_wallet_tells_what_ends_soon_and_what_is_over(user):
    now = timezone.now()
    soon, later = claim(user, ends_at=now + timedelta(days=1)), claim(user)
    over = claim(user, ends_at=now + timedelta(days=1))
    over.batch.ends_at = now - timedelta(days=1)
    over.batch.save()
    wallet = own_wallet.wallet_of(house_account(user))
    named = [[own.batch for own in group] for group in (wallet.soon, wallet.usable, wallet.over)]
    assert named == [[soon.batch], [later.batch], [over.batch]]


def test_points_are_told(browser, user):
    points.earn(house_account(user), 37, "test", "gift")
    assert "+37" in browser.get(reverse("promotions:wallet")).content.decode()


def test_a_course_shows_the_best_price_and_why(browser, user):
    course = CourseFactory(price=10_000)
    claim(user, name="小券", value=500)
    claim(user, name="大券", value=3_000)
    best = own_wallet.best_price(house_account(user), course)
    assert best.amount == 6_500
    page = browser.get(reverse("promotions:price", args=[course.pk]), headers=HTMX).content.decode()
    assert "65" in page
    assert "大券" in page
    assert own_wallet.best_price(None, course).amount == 10_000


def test_coupons_that_exclude_each_other_are_chosen_among(user):
    course = CourseFactory(price=10_000)
    claim(user, value=500, group="g", rank=0)
    claim(user, value=3_000, group="g", rank=5)
    best = own_wallet.best_price(house_account(user), course)
    assert best.amount == 7_000
    assert len(best.coupons) == 1


def test_nobody_elses_coupon_makes_a_price(user):
    course = CourseFactory(price=10_000)
    CouponFactory()
    claim(UserFactory())
    assert own_wallet.best_price(house_account(user), course).amount == 10_000


claims = st.builds(
    Claim,
    code=st.uuids().map(str),
    benefit=st.integers(1, 2_000).map(lambda value: Benefit(BenefitKind.AMOUNT, value)),
    lines=st.just((0,)),
    rank=st.integers(0, 3),
    minimum=st.sampled_from([0, 500, 2_000]),
    group=st.sampled_from(["", "a", "b"]),
    is_exclusive=st.booleans(),
)


@given(st.lists(claims, max_size=5), st.integers(0, 3_000))
def test_the_best_set_is_no_worse_than_any_coupon_alone_or_all(found, price):
    order = Order("o", "CNY", (Line("i", price, 1),))
    best = best_claims(order, found)
    applied, unusable = stacking.apply(order, best)
    taken = sum(each.amount for each in applied)
    assert not unusable
    assert all(sum(each.amount for each in stacking.apply(order, [claim])[0]) <= taken for claim in found)
    assert sum(each.amount for each in stacking.apply(order, found)[0]) <= taken
