"""Writing to people: one limit over everything, and always with the reason why not."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import Change, LinkedAccount
from accounts.services.accounts import house_account
from campaigns.models import CheckIn, HeldBack, Message, MessageKind, MessageState, OutreachPolicy, Unsubscribed
from campaigns.services import outreach, reminding
from campaigns.services.outreach import Timing, Words
from promotions.models import CouponState
from tests.factories import CampaignFactory, CouponBatchFactory, CouponFactory, LinkedAccountFactory, UserFactory
from tests.partner import batch, event, new_partner, problem
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def account() -> LinkedAccount:
    return LinkedAccountFactory(marketing=True)


def queue(account: LinkedAccount, reference: str, **options) -> Message:
    timing = Timing(options.pop("due_at", NOON), options.pop("expires_at", None), options.pop("priority", 0))
    return outreach.queue(account, MessageKind.CAMPAIGN, reference, Words("你好"), timing=timing, **options)


def likes_messages(account: LinkedAccount) -> None:
    """Somebody who has opened all that they ever got."""
    before = NOON - 8 * DAY
    liked = {"account": account, "kind": MessageKind.CAMPAIGN, "subject": "好", "state": MessageState.SENT}
    Message.objects.bulk_create(
        Message(**liked, reference=f"liked {n}", sent_at=before, opened_at=before) for n in range(80)
    )


def states() -> dict[str, tuple[str, str]]:
    return {each.reference: (each.state, each.reason) for each in Message.objects.all()}


def test_the_most_important_is_sent_and_the_others_wait(account):
    queue(account, "low")
    queue(account, "high", priority=5)
    assert outreach.send_due(NOON) == 1
    assert states() == {"high": ("sent", ""), "low": ("waiting", "too_soon")}
    assert HeldBack.objects.get().reason == "too_soon"
    assert outreach.send_due(NOON + HOUR) == 0


def test_a_reference_is_said_once(account):
    assert queue(account, "a") == queue(account, "a")
    outreach.send_due(NOON)
    outreach.send_due(NOON + 30 * DAY)
    assert Message.objects.count() == 1


def test_the_cap_is_one_for_all_accounts_of_a_person(account):
    other = LinkedAccountFactory(person=account.person, marketing=True)
    likes_messages(account)
    for n in range(4):
        queue(account if n % 2 else other, f"m{n}")
    for hours in range(0, 24 * 7, 3):
        outreach.send_due(NOON + hours * HOUR)
    sent = Message.objects.filter(state=MessageState.SENT, reference__startswith="m")
    assert sent.count() == 3
    assert {*HeldBack.objects.values_list("reason", flat=True)} >= {"cap_week"}


def test_what_would_come_too_late_is_not_sent_and_says_why(account):
    queue(account, "first")
    queue(account, "second", expires_at=NOON + HOUR)
    queue(account, "over", expires_at=NOON - HOUR)
    outreach.send_due(NOON)
    assert states() == {"first": ("sent", ""), "second": ("stopped", "too_soon"), "over": ("stopped", "too_late")}


def test_without_consent_nothing_is_sent():
    account = LinkedAccountFactory()
    queue(account, "a")
    outreach.send_due(NOON)
    assert states() == {"a": ("stopped", "no_consent")}


def test_who_has_unsubscribed_is_left_alone_on_all_accounts(account):
    other = LinkedAccountFactory(person=account.person, marketing=True)
    outreach.unsubscribe(other, MessageKind.CAMPAIGN)
    queue(account, "a")
    outreach.send_due(NOON)
    assert states() == {"a": ("stopped", "unsubscribed")}
    outreach.subscribe_again(account, MessageKind.CAMPAIGN)
    queue(account, "b")
    outreach.send_due(NOON + 30 * DAY)
    assert states()["b"] == ("sent", "")


def test_nights_are_quiet_in_the_time_zone_of_the_person(account):
    LinkedAccount.objects.filter(pk=account.pk).update(traits={"timezone": "America/New_York"})
    queue(account, "a")
    outreach.send_due(NOON)  # 23:00 in New York
    assert states() == {"a": ("waiting", "quiet_hours")}
    assert Message.objects.get().due_at == datetime(2026, 3, 4, 14, 0, tzinfo=UTC)


def test_who_ignores_everything_hears_less(account):
    for n in range(40):
        queue(account, f"m{n}", due_at=NOON - 100 * DAY)
    sent_at = {}
    for day in range(-100, 1):
        outreach.send_due(NOON + day * DAY)
    for each in Message.objects.filter(state=MessageState.SENT):
        sent_at[each.pk] = each.sent_at
    first_month = sum(at < NOON - 70 * DAY for at in sent_at.values())
    last_month = sum(at > NOON - 30 * DAY for at in sent_at.values())
    assert first_month > last_month > 0
    assert "fatigue" in HeldBack.objects.values_list("reason", flat=True)


def test_the_platform_is_told(account):
    queue(account, "a")
    outreach.send_due(NOON)
    told = Change.objects.get(type="message.created")
    assert told.data["subject"] == "你好"


def test_an_email_has_a_way_out_that_takes_one_click(client, django_capture_on_commit_callbacks):
    user = UserFactory()
    account = house_account(user)
    LinkedAccount.objects.filter(pk=account.pk).update(marketing=True)
    queue(account, "a", channel="email")
    with django_capture_on_commit_callbacks(execute=True):
        outreach.send_due(NOON)
    sent = mail.outbox[0]
    assert sent.to == [user.email]
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.search(r"<https?://[^/]+(/.*)>", sent.extra_headers["List-Unsubscribe"])[1]
    assert client.get(path).status_code == 200
    assert not Unsubscribed.objects.exists(), "programs that look at links unsubscribe nobody"
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Unsubscribed.objects.get().account == account
    assert client.get(path + "x").status_code == 404


def test_an_address_that_is_not_known_is_told(account):
    queue(account, "a", channel="email")
    outreach.send_due(NOON)
    assert states() == {"a": ("stopped", "no_address")}


class TestReminders:
    def test_of_coupons_that_end_soon(self, account):
        held = {"state": CouponState.HELD, "holder": account, "claimed_at": NOON}
        soon = CouponFactory(**held, expires_at=NOON + DAY)
        CouponFactory(**held, expires_at=NOON + 10 * DAY)
        CouponFactory(**held, expires_at=NOON + DAY, is_used=True)
        CouponFactory(**held, batch=CouponBatchFactory(code_kind="unique", shared_code="", ends_at=NOON + DAY))
        assert reminding.coupons_expiring(NOON) == reminding.coupons_expiring(NOON) == 2
        assert Message.objects.filter(reference=f"coupon {soon.pk}").get().expires_at == NOON + DAY

    def test_of_days_in_a_row_that_would_break_tonight(self, account):
        campaign = CampaignFactory()
        evening = NOON + 7 * HOUR  # 19:00 in Shanghai
        today = campaign.day_of(evening)
        for ago in (1, 2, 3):
            CheckIn.objects.create(campaign=campaign, account=account, day=today - ago * DAY)
        assert reminding.streaks_at_risk(NOON) == 0
        assert reminding.streaks_at_risk(evening) == reminding.streaks_at_risk(evening) == 1
        assert "3" in Message.objects.get().subject
        CheckIn.objects.create(campaign=campaign, account=LinkedAccountFactory(person=account.person), day=today)
        assert reminding.streaks_at_risk(evening) == 0


class TestPages:
    def test_the_inbox_shows_what_was_sent_and_can_be_thinned(self, client):
        user = UserFactory()
        client.force_login(user)
        account = house_account(user)
        LinkedAccount.objects.filter(pk=account.pk).update(marketing=True)
        queue(account, "a")
        outreach.send_due(NOON)
        assert "你好" in client.get(reverse("campaigns:messages")).content.decode()
        message = Message.objects.get()
        assert message.opened_at
        client.post(reverse("campaigns:dismiss", args=[message.pk]))
        assert "你好" not in client.get(reverse("campaigns:messages")).content.decode()
        client.post(reverse("campaigns:choose-messages", args=["campaign"]))
        assert Unsubscribed.objects.count() == 1
        client.post(reverse("campaigns:choose-messages", args=["campaign"]), {"wanted": "on"})
        assert Unsubscribed.objects.count() == 0

    def test_nobody_touches_messages_of_others(self, client, account):
        client.force_login(UserFactory())
        queue(account, "a")
        outreach.send_due(NOON)
        assert client.post(reverse("campaigns:dismiss", args=[Message.objects.get().pk])).status_code == 404


def test_a_user_reads_messages_through_the_api():
    shop = new_partner()
    shop.post("/events", batch(event(user_id="li")))
    account = shop.platform.accounts.get()
    LinkedAccount.objects.filter(pk=account.pk).update(marketing=True)
    account.refresh_from_db()
    queue(account, "a")
    outreach.send_due(NOON)
    told = shop.browse("GET", "/users/li/messages", user_id="li").json()["results"]
    assert [each["subject"] for each in told] == ["你好"]
    path = f"/users/li/messages/{told[0]['id']}"
    assert shop.post(f"{path}/opened").status_code == 204
    assert Message.objects.get().opened_at
    assert shop.post(f"{path}/dismissed").status_code == 204
    assert shop.get("/users/li/messages").json() == {"results": [], "next": None}
    problem(shop.post(f"{path}/eaten"), 404, "message_not_found")
    problem(shop.get("/users/li/messages?cursor=x"), 422, "invalid_parameter")
    assert json.dumps(told)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_stay_within_the_cap():
    OutreachPolicy.objects.create(a_day=2, gap_minutes=0)
    accounts = [LinkedAccountFactory(marketing=True) for _ in range(12)]
    for account in accounts:
        likes_messages(account)
        for n in range(5):
            queue(account, f"m{n}")
    side_by_side(*(partial(outreach.send_due, NOON) for _ in range(8)))
    for account in accounts:
        sent = Message.objects.filter(account=account, state=MessageState.SENT, reference__startswith="m")
        assert sent.count() == 2
    assert timezone.now()
