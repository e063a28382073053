"""Exclusive content is read by those to whom something opens it, and by nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import ConsentSource, Purpose
from accounts.services.accounts import house_account
from accounts.services.consents import state_consents
from profiles.models import SegmentMember
from promotions.markdown import as_html
from promotions.models import ContentGrant, ContentState
from promotions.services.contents import open_to, readable_by
from tests.factories import (
    CouponFactory,
    ExclusiveContentFactory,
    LinkedAccountFactory,
    PlatformFactory,
    SegmentFactory,
    UserFactory,
)


@pytest.fixture
def account(db):
    return LinkedAccountFactory()


def held_coupon(account, **fields):
    return CouponFactory(holder=account, state="held", claimed_at=timezone.now(), **fields)


def test_without_an_opening_nobody_reads_it(account):
    ExclusiveContentFactory()
    assert not readable_by(account).exists()


def test_a_coupon_opens_it_while_it_is_held(account):
    content, coupon = ExclusiveContentFactory(), held_coupon(account)
    content.batches.add(coupon.batch)
    assert list(readable_by(account)) == [content]
    assert not readable_by(LinkedAccountFactory()).exists()
    coupon.expires_at = timezone.now() - timedelta(seconds=1)
    coupon.save()
    assert not readable_by(account).exists()
    coupon.expires_at, coupon.state = None, "revoked"
    coupon.save()
    assert not readable_by(account).exists()


def test_a_segment_opens_it_until_consent_is_withdrawn(account):
    content, segment = ExclusiveContentFactory(), SegmentFactory()
    content.segments.add(segment)
    SegmentMember.objects.create(segment=segment, account=account, entered_at=timezone.now())
    state_consents(account, {Purpose.PROFILING: True}, "v1", ConsentSource.PERSON)
    assert list(readable_by(account)) == [content]
    state_consents(account, {Purpose.PROFILING: False}, "v1", ConsentSource.PERSON)
    assert not readable_by(account).exists()


def test_a_grant_opens_it_on_all_accounts_of_the_person(account):
    content = ExclusiveContentFactory()
    assert open_to(account, content, "draw", "1")
    assert not open_to(account, content, "draw", "1")
    assert list(readable_by(LinkedAccountFactory(person=account.person))) == [content]


@pytest.mark.parametrize(
    "closed",
    [
        {"state": ContentState.DRAFT},
        {"state": ContentState.WITHDRAWN},
        {"starts_at": timezone.now() + timedelta(days=1)},
        {"ends_at": timezone.now() - timedelta(days=1)},
    ],
)
def test_nobody_reads_what_is_not_out(account, closed):
    open_to(account, ExclusiveContentFactory(**closed), "draw", "1")
    assert not readable_by(account).exists()


def test_platforms_narrow_whatever_opens_it(account):
    content = ExclusiveContentFactory()
    open_to(account, content, "draw", "1")
    content.platforms.add(PlatformFactory())
    assert not readable_by(account).exists()
    content.platforms.add(account.platform)
    assert list(readable_by(account)) == [content]


@pytest.mark.django_db(transaction=True)
def test_racing_grants_make_one():
    account, content = LinkedAccountFactory(), ExclusiveContentFactory()

    def grant(_number):
        try:
            return open_to(account, content, "draw", "1")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(grant, range(8))) == 1
    assert ContentGrant.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("![x](https://elsewhere.example/x.png)", "<img"),
        ("[x](javascript:alert(1))", "href="),
        ("[x](data:text/html;base64,AAAA)", "href="),
        ("<iframe src='//elsewhere.example'></iframe>", "<iframe"),
        ("<a href='x' style='position:fixed'>x</a>", "<a"),
    ],
)
def test_markdown_brings_nothing_hostile_and_nothing_remote(text, never):
    assert never not in as_html(text)


def test_markdown_keeps_what_writers_mean():
    html = as_html("# One\n\n**two** [three](https://example.com)\n\n| a |\n|---|\n| b |")
    for part in ("<h1>One</h1>", "<strong>two</strong>", 'href="https://example.com"', "<td>b</td>"):
        assert part in html


def test_people_find_and_read_what_is_open_to_them(client, db):
    user, content = UserFactory(), ExclusiveContentFactory(text="Some **words**")
    page = reverse("promotions:content", args=[content.pk])
    assert client.get(page).status_code == 302
    client.force_login(user)
    assert client.get(page).status_code == 404
    open_to(house_account(user), content, "draw", "1")
    assert page in client.get(reverse("promotions:contents")).content.decode()
    assert "<strong>words</strong>" in client.get(page).content.decode()
