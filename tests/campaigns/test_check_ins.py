"""Checking in: once a person and day, whatever clocks do, and what days in a row bring."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import LinkedAccount
from accounts.services import linking
from campaigns.models import Campaign, CampaignState, CheckIn, Grant, Milestone, RewardKind
from campaigns.refusals import Reason, Refusal
from campaigns.services import checking_in
from profiles.models import EventType
from promotions.models import ContentGrant, Coupon
from promotions.services import points
from tests.factories import (
    CampaignFactory,
    CouponBatchFactory,
    EventFactory,
    ExclusiveContentFactory,
    LinkedAccountFactory,
    PersonFactory,
    SegmentFactory,
)
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
DAY = timedelta(days=1)


@pytest.fixture
def account() -> LinkedAccount:
    return LinkedAccountFactory(created_at=NOON - 30 * DAY)


def come(campaign: Campaign, account: LinkedAccount, moment: datetime = NOON) -> checking_in.CheckedIn:
    return checking_in.check_in(account.platform, account.external_id, campaign.pk, moment)


def make_up(campaign: Campaign, account: LinkedAccount, day: date, moment: datetime = NOON) -> checking_in.CheckedIn:
    return checking_in.make_up(account.platform, account.external_id, campaign.pk, day, moment)


def refused(work) -> Reason:
    with pytest.raises(Refusal) as told:
        work()
    assert told.value.in_words()
    return told.value.reason


def test_a_day_counts_once_however_often_it_is_sent(account):
    campaign = CampaignFactory(plan={"daily_points": 5})
    first, again = come(campaign, account), come(campaign, account, NOON + timedelta(hours=3))
    assert (first.is_new, again.is_new) == (True, False)
    assert [each.amount for each in first.granted] == [5]
    assert again.granted == []
    assert points.balance(account) == 5


def test_a_day_counts_once_for_all_accounts_of_a_person(account):
    campaign = CampaignFactory(plan={"daily_points": 5})
    other = LinkedAccountFactory(person=account.person)
    assert come(campaign, account).is_new
    assert not come(campaign, other).is_new
    assert points.balance(other) == 5


ZONES = [
    ("Asia/Shanghai", datetime(2026, 3, 1, 15, 59, tzinfo=UTC), date(2026, 3, 1)),
    ("Asia/Shanghai", datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2)),
    ("Pacific/Kiritimati", datetime(2026, 3, 1, 10, 0, tzinfo=UTC), date(2026, 3, 2)),
    ("Pacific/Niue", datetime(2026, 3, 1, 10, 59, tzinfo=UTC), date(2026, 2, 28)),
    ("Pacific/Niue", datetime(2026, 3, 1, 11, 0, tzinfo=UTC), date(2026, 3, 1)),
    ("America/New_York", datetime(2026, 3, 8, 4, 59, tzinfo=UTC), date(2026, 3, 7)),
    ("America/New_York", datetime(2026, 3, 8, 5, 0, tzinfo=UTC), date(2026, 3, 8)),
    ("America/New_York", datetime(2026, 3, 9, 3, 59, tzinfo=UTC), date(2026, 3, 8)),
    ("America/New_York", datetime(2026, 11, 1, 4, 0, tzinfo=UTC), date(2026, 11, 1)),
    ("America/New_York", datetime(2026, 11, 2, 4, 59, tzinfo=UTC), date(2026, 11, 1)),
    ("Asia/Shanghai", datetime(2028, 2, 28, 16, 0, tzinfo=UTC), date(2028, 2, 29)),
]


@pytest.mark.parametrize(("zone", "moment", "day"), ZONES)
def test_the_day_is_that_of_the_campaigns_time_zone(account, zone, moment, day):
    assert come(CampaignFactory(timezone=zone), account, moment).day == day


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 11, 1)])
def test_days_in_a_row_go_over_changes_of_the_clock(account, change):
    campaign = CampaignFactory(timezone="America/New_York")
    zone = ZoneInfo("America/New_York")
    for offset in range(-2, 3):
        day = change + offset * DAY
        made = come(campaign, account, datetime(day.year, day.month, day.day, 23, 59, tzinfo=zone))
    assert made.progress.streak == 5


def test_a_server_elsewhere_changes_nothing(account, settings):
    settings.TIME_ZONE = "America/New_York"
    with timezone.override("Pacific/Kiritimati"):
        assert come(CampaignFactory(), account, datetime(2026, 3, 1, 15, 59, tzinfo=UTC)).day == date(2026, 3, 1)


def test_a_missed_day_begins_anew(account):
    campaign = CampaignFactory()
    for n in (0, 1, 3):
        made = come(campaign, account, NOON + n * DAY)
    assert (made.progress.streak, made.progress.longest) == (1, 2)


def test_milestones_are_given_once(account):
    campaign = CampaignFactory()
    Milestone.objects.create(campaign=campaign, days=2, reward=RewardKind.POINTS, amount=50)
    assert come(campaign, account).progress.next_milestone.days == 2
    assert [each.amount for each in come(campaign, account, NOON + DAY).granted] == [50]
    for n in (3, 4, 5):
        assert come(campaign, account, NOON + n * DAY).granted == []
    assert points.balance(account) == 50


def test_a_milestone_that_is_changed_takes_nothing_back(account):
    campaign = CampaignFactory()
    milestone = Milestone.objects.create(campaign=campaign, days=1, reward=RewardKind.POINTS, amount=50)
    come(campaign, account)
    Milestone.objects.filter(pk=milestone.pk).update(days=30, amount=10)
    assert come(campaign, account, NOON + DAY).granted == []
    assert points.balance(account) == 50
    milestone.delete()
    assert Grant.objects.filter(campaign=campaign).count() == 1


def test_a_milestone_can_be_a_coupon(account):
    batch = CouponBatchFactory()
    campaign = CampaignFactory()
    Milestone.objects.create(campaign=campaign, days=1, reward=RewardKind.COUPON, batch=batch)
    granted = come(campaign, account).granted
    assert granted[0].result == batch.shared_code
    assert Coupon.objects.get(batch=batch).holder == account


def test_a_milestone_can_open_an_article(account):
    article = ExclusiveContentFactory()
    campaign = CampaignFactory()
    Milestone.objects.create(campaign=campaign, days=1, reward=RewardKind.CONTENT, content=article)
    granted = come(campaign, account).granted
    assert granted[0].result == article.title
    assert ContentGrant.objects.get().account == account


def test_what_joined_people_were_given_is_not_given_again(account):
    campaign = CampaignFactory()
    Milestone.objects.create(campaign=campaign, days=1, reward=RewardKind.POINTS, amount=50)
    other = LinkedAccountFactory(cross_platform=True)
    LinkedAccount.objects.filter(pk=account.pk).update(cross_platform=True)
    account.refresh_from_db()
    come(campaign, account)
    come(campaign, other)
    linking.link(other, linking.create_link_code(account).code)
    other.refresh_from_db()
    joined = come(campaign, other, NOON + DAY)
    assert joined.granted == []
    assert joined.progress.streak == 2
    linking.leave(other)
    other.refresh_from_db()
    assert checking_in.progress(campaign, other, NOON + DAY).streak == 2
    account.refresh_from_db()
    assert checking_in.progress(campaign, account, NOON + DAY).days == {date(2026, 3, 2)}


def test_points_end_with_the_budget_and_check_ins_do_not(account):
    campaign = CampaignFactory(plan={"daily_points": 5}, points_budget=7)
    come(campaign, account)
    made = come(campaign, account, NOON + DAY)
    assert (made.is_new, made.granted) == (True, [])
    assert points.balance(account) == 5


def test_a_task_has_to_be_done_first(account):
    campaign = CampaignFactory(plan={"task": EventType.COMPLETE})
    EventFactory(account=account, type=EventType.COMPLETE, timestamp=NOON - DAY)
    assert refused(partial(come, campaign, account)) == Reason.TASK_OPEN
    EventFactory(account=account, type=EventType.COMPLETE, timestamp=NOON - timedelta(hours=1))
    assert come(campaign, account).is_new


def test_a_task_done_elsewhere_counts_where_both_sides_agree(account):
    campaign = CampaignFactory(plan={"task": EventType.COMPLETE})
    other = LinkedAccountFactory(person=account.person, cross_platform=True)
    EventFactory(account=other, type=EventType.COMPLETE, timestamp=NOON - timedelta(hours=1))
    assert refused(partial(come, campaign, account)) == Reason.TASK_OPEN
    LinkedAccount.objects.filter(pk=account.pk).update(cross_platform=True)
    assert come(campaign, account).is_new


class TestMakingUp:
    PLAN = {"make_ups": 2, "make_up_days": 3, "make_up_price": 10}

    def test_a_missed_day_can_be_bought_back(self, account):
        campaign = CampaignFactory(plan=self.PLAN)
        points.earn(account, 25, "test", "gift")
        come(campaign, account)
        come(campaign, account, NOON + 2 * DAY)
        made = make_up(campaign, account, date(2026, 3, 3), NOON + 2 * DAY)
        assert (made.progress.streak, made.progress.make_ups_left) == (3, 1)
        assert points.balance(account) == 15

    def test_it_costs_once(self, account):
        campaign = CampaignFactory(plan=self.PLAN)
        points.earn(account, 25, "test", "gift")
        first, again = (make_up(campaign, account, date(2026, 3, 1)) for _ in range(2))
        assert (first.is_new, again.is_new) == (True, False)
        assert points.balance(account) == 15

    def test_a_card_goes_before_points(self, account):
        campaign = CampaignFactory(plan=self.PLAN)
        Milestone.objects.create(campaign=campaign, days=1, reward=RewardKind.CARDS, amount=1)
        assert come(campaign, account).progress.cards == 1
        assert make_up(campaign, account, date(2026, 3, 1)).progress.cards == 0
        assert CheckIn.objects.get(day=date(2026, 3, 1)).took_card

    def test_not_more_than_allowed_nor_longer_ago(self, account):
        campaign = CampaignFactory(plan=self.PLAN)
        points.earn(account, 100, "test", "gift")
        assert refused(partial(make_up, campaign, account, date(2026, 2, 26))) == Reason.NOTHING_TO_MAKE_UP
        assert refused(partial(make_up, campaign, account, date(2026, 3, 2))) == Reason.NOTHING_TO_MAKE_UP
        make_up(campaign, account, date(2026, 3, 1))
        make_up(campaign, account, date(2026, 2, 28))
        assert refused(partial(make_up, campaign, account, date(2026, 2, 27))) == Reason.NO_MAKE_UPS_LEFT

    def test_who_has_no_points_is_told_how_many_are_missing(self, account):
        campaign = CampaignFactory(plan=self.PLAN)
        assert refused(partial(make_up, campaign, account, date(2026, 3, 1))) == Reason.NOT_ENOUGH_POINTS
        assert not CheckIn.objects.exists()

    def test_no_day_before_the_campaign(self, account):
        campaign = CampaignFactory(plan=self.PLAN, starts_at=NOON - timedelta(hours=1))
        assert refused(partial(make_up, campaign, account, date(2026, 3, 1))) == Reason.NOTHING_TO_MAKE_UP


class TestWhoMay:
    def test_only_while_it_runs(self, account):
        assert refused(partial(come, CampaignFactory(state=CampaignState.DRAFT), account)) == Reason.NOT_FOUND
        assert refused(partial(come, CampaignFactory(state=CampaignState.PAUSED), account)) == Reason.PAUSED
        assert refused(partial(come, CampaignFactory(state=CampaignState.ENDED), account)) == Reason.ENDED
        assert refused(partial(come, CampaignFactory(starts_at=NOON + DAY), account)) == Reason.NOT_STARTED
        assert refused(partial(come, CampaignFactory(ends_at=NOON), account)) == Reason.ENDED

    def test_only_its_platforms_and_segments(self, account):
        elsewhere = CampaignFactory()
        elsewhere.platforms.add(LinkedAccountFactory().platform)
        assert refused(partial(come, elsewhere, account)) == Reason.NOT_ELIGIBLE
        segmented = CampaignFactory()
        segmented.segments.add(SegmentFactory())
        assert refused(partial(come, segmented, account)) == Reason.NOT_ELIGIBLE

    def test_marketing_consent_where_it_is_asked_for(self, account):
        campaign = CampaignFactory(needs_marketing_consent=True)
        assert refused(partial(come, campaign, account)) == Reason.NOT_ELIGIBLE
        LinkedAccount.objects.filter(pk=account.pk).update(marketing=True)
        assert come(campaign, account).is_new


@pytest.mark.django_db(transaction=True)
def test_many_at_once_through_three_accounts_are_one_check_in():
    person = PersonFactory()
    accounts = [LinkedAccountFactory(person=person) for _ in range(3)]
    campaign = CampaignFactory(plan={"daily_points": 5})
    Milestone.objects.create(campaign=campaign, days=1, reward=RewardKind.POINTS, amount=50)
    answers = side_by_side(*(partial(come, campaign, accounts[n % 3]) for n in range(12)))
    assert sum(each.is_new for each in answers) == 1
    assert CheckIn.objects.count() == 1
    assert points.balance(accounts[0]) == 55
