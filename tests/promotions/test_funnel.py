"""What became of a batch: from issued to paid, in all, by channel and by day."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from promotions.funnel import funnel_of
from promotions.models import CodeKind
from promotions.pricing.order import Line, Order
from promotions.services import claiming, redeeming
from tests.factories import CouponBatchFactory, CouponFactory, PlatformFactory

pytestmark = pytest.mark.django_db
ORDER = Order("order", "CNY", (Line("item", 1_000, 1),))


@pytest.fixture
def batch():
    """Six coupons: two nobody's, one only claimed, one paid, one given back, one reserved; two of a poster."""
    shop = PlatformFactory()
    batch = CouponBatchFactory(code_kind=CodeKind.UNIQUE, shared_code="", value=100)
    CouponFactory.create_batch(6, batch=batch)
    held = [claiming.claim(shop, f"user {n}", batch.pk, "poster" if n < 2 else "")[0] for n in range(4)]
    made = [redeeming.reserve(shop, f"user {n}", [held[n].code], ORDER) for n in range(3)]
    redeeming.commit(made[0].pk, shop)
    redeeming.roll_back(made[1].pk, shop)
    return batch


def test_every_stage_is_counted_with_its_share(batch):
    found = funnel_of(batch).together
    assert (found.issued, found.claimed, found.reserved, found.committed) == (6, 4, 3, 1)
    assert (found.open, found.expired, found.given_back) == (1, 0, 1)
    assert (found.taken_off, found.paid) == (100, 900)
    assert found.claimed_share == pytest.approx(4 / 6)
    assert found.committed_share == pytest.approx(1 / 3)


def test_channels_add_up_to_the_whole(batch):
    found = funnel_of(batch)
    channels = dict(found.channels)
    assert (channels["poster"].claimed, channels["poster"].committed, channels["poster"].given_back) == (2, 1, 1)
    assert sum(each.reserved for each in channels.values()) == found.together.reserved


def test_days_are_those_of_the_batch(batch):
    found = funnel_of(batch, days=3)
    assert [day.claimed for day in found.days] == [0, 0, 4]
    assert (found.days[-1].committed, found.days[-1].lost) == (1, 1)
    assert found.days[-1].day == timezone.now().astimezone(timezone.get_default_timezone()).date()


def test_shared_codes_are_used_without_claiming():
    batch = CouponBatchFactory(shared_code="ALL")
    redeeming.reserve(PlatformFactory(), "li", ["ALL"], ORDER)
    found = funnel_of(batch).together
    assert (found.issued, found.claimed, found.reserved) == (None, 0, 1)
    assert found.reserved_share is None


def test_the_page_shows_it(batch, admin_client: Client):
    page = admin_client.get(reverse("admin:promotions_couponbatch_results", args=[batch.pk])).content.decode()
    assert "33.3 %" in page
    assert "poster" in page
    empty = CouponBatchFactory()
    assert admin_client.get(reverse("admin:promotions_couponbatch_results", args=[empty.pk])).status_code == 200
