"""Claim links and QR codes, and what is attributed to their channels."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.accounts import house_account
from promotions.channel_figures import with_figures
from promotions.models import BatchState, ClaimLink, Coupon
from promotions.pricing.order import Line, Order
from promotions.services import claiming, redeeming
from tests.factories import ClaimLinkFactory, CouponBatchFactory, CouponFactory, LinkedAccountFactory, UserFactory

pytestmark = pytest.mark.django_db


def page_of(link: ClaimLink) -> str:
    return reverse("promotions:claim_link", args=[link.token])


def figures_of(link: ClaimLink) -> ClaimLink:
    return with_figures(ClaimLink.objects.filter(pk=link.pk)).get()


def buy(link: ClaimLink, coupon: Coupon, order_id: str, paid: bool = True) -> None:
    shop = coupon.holder.platform
    order = Order(order_id, "CNY", (Line("item", 1_000, 1),))
    code = coupon.code or coupon.batch.shared_code
    made = redeeming.reserve(shop, coupon.holder.external_id, [code], order)
    if paid:
        redeeming.commit(made.pk, shop)


def test_a_visitor_reads_the_rule_and_comes_back_after_registering(client: Client):
    link = ClaimLinkFactory()
    page = client.get(page_of(link)).content.decode()
    assert f"{reverse('account_signup')}?next={page_of(link)}" in page
    assert f"{reverse('account_login')}?next={page_of(link)}" in page
    assert link.batch.shared_code not in page


def test_who_claims_by_a_link_gets_a_coupon_of_its_channel(client: Client):
    link, user = ClaimLinkFactory(), UserFactory()
    client.force_login(user)
    client.get(page_of(link))
    page = client.post(f"{page_of(link)}claim/").content.decode()
    assert link.batch.shared_code in page
    assert Coupon.objects.get(holder=house_account(user)).channel == link.channel


def test_a_browser_counts_once_and_a_new_account_once(client: Client):
    link = ClaimLinkFactory()
    client.get(page_of(link)), client.get(page_of(link))
    session = client.session["claim_links"]
    newcomer = User.objects.create_user("new@example.com", "a long password of mine")
    client.force_login(newcomer)
    assert client.session["claim_links"] == session, "signing in keeps what the browser has opened"
    client.get(page_of(link)), client.post(f"{page_of(link)}claim/")
    link.refresh_from_db()
    assert (link.opened, link.registered) == (1, 1)


def test_who_had_an_account_before_is_no_new_registration(client: Client):
    link, user = ClaimLinkFactory(), UserFactory()
    client.get(page_of(link))
    client.force_login(user)
    client.get(page_of(link))
    link.refresh_from_db()
    assert (link.opened, link.registered) == (1, 0)


@pytest.mark.parametrize("code_kind", ["shared", "unique"])
def test_paid_orders_are_attributed_to_the_channel_by_which_the_coupon_was_claimed(code_kind):
    shared = {} if code_kind == "shared" else {"shared_code": ""}
    link = ClaimLinkFactory(batch=CouponBatchFactory(code_kind=code_kind, **shared))
    other = ClaimLinkFactory(batch=link.batch)
    if code_kind == "unique":
        CouponFactory.create_batch(3, batch=link.batch)
    coupons = []
    for channel in (link.channel, link.channel, other.channel):
        account = LinkedAccountFactory()
        coupons.append(claiming.claim(account.platform, account.external_id, link.batch_id, channel)[0])
    buy(link, coupons[0], "A-1"), buy(link, coupons[1], "A-2", paid=False), buy(other, coupons[2], "A-3")
    told = figures_of(link)
    assert (told.claims, told.purchases, told.revenue, told.discount) == (2, 1, 900, 100)
    assert figures_of(other).purchases == 1


def test_a_batch_that_nobody_may_know_of_has_no_page_and_one_that_pauses_no_button(client: Client):
    draft = ClaimLinkFactory(batch=CouponBatchFactory(state=BatchState.DRAFT))
    assert client.get(page_of(draft)).status_code == 404
    paused = ClaimLinkFactory(batch=CouponBatchFactory(state=BatchState.PAUSED))
    client.force_login(UserFactory())
    assert "/claim/" not in client.get(page_of(paused)).content.decode()


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_the_desk_gives_the_code_as_a_picture(admin_client: Client, kind, begins):
    link = ClaimLinkFactory()
    answer = admin_client.get(reverse("admin:promotions_claimlink_qr", args=[link.pk, kind]))
    assert answer.content.startswith(begins)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_desk_makes_links_and_only_for_those_who_may(admin_client: Client, client: Client):
    batch = CouponBatchFactory()
    admin_client.post(reverse("admin:promotions_claimlink_add"), {"batch": batch.pk, "channel": "poster"})
    link = ClaimLink.objects.get()
    assert link.token in admin_client.get(reverse("admin:promotions_claimlink_change", args=[link.pk])).content.decode()
    client.force_login(UserFactory(is_staff=True))
    assert client.get(reverse("admin:promotions_claimlink_qr", args=[link.pk, "svg"])).status_code == 403
