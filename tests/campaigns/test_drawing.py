"""Drawing: never more than there is, each draw once, and always to be checked."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import LinkedAccount
from campaigns import proof
from campaigns.models import Blocked, Campaign, CampaignState, Chance, Draw, Entrant, Grant, Prize, RewardKind
from campaigns.refusals import Reason, Refusal
from campaigns.services import chances, drawing, life, rewards
from campaigns.services.rewards import Reward
from profiles.models import EventType
from promotions.models import Coupon
from promotions.services import points
from tests.campaigns.test_fairness import verify
from tests.factories import CampaignFactory, CouponBatchFactory, EventFactory, LinkedAccountFactory, running_lottery
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> LinkedAccount:
    return LinkedAccountFactory()


def draw(campaign: Campaign, account: LinkedAccount, nonce: str = "", moment: datetime | None = None) -> drawing.Drawn:
    return drawing.draw(account.platform, account.external_id, campaign.pk, nonce, moment)


def refused(work) -> Reason:
    with pytest.raises(Refusal) as told, transaction.atomic():
        work()
    assert told.value.in_words()
    return told.value.reason


def whole_proof(campaign: Campaign) -> dict:
    """What everybody can fetch once it is over."""
    ended = life.move(Campaign.objects.get(pk=campaign.pk), CampaignState.ENDED)
    told = msgspec.to_builtins(proof.page(drawing.find(ended.pk), 0, "https://shop.example/proof"))
    after = told["next"]
    while after:
        page = msgspec.to_builtins(proof.page(drawing.find(ended.pk), int(after.rsplit("=", 1)[1]), "https://x"))
        told["results"] += page["results"]
        after = page["next"]
    return told


def test_a_prize_is_won_counted_and_given(account):
    campaign = running_lottery([{"reward": RewardKind.POINTS, "amount": 30, "stock": 2}])
    drawn = draw(campaign, account, "mine")
    assert drawn.draw.prize.name
    assert drawn.grant.amount == 30
    assert points.balance(account) == 30
    assert Prize.objects.get().given == 1


def test_no_more_is_won_than_there_is(account):
    campaign = running_lottery([{"stock": 2}])
    won = [draw(campaign, account).draw.prize for _ in range(5)]
    assert [prize is not None for prize in won] == [True, True, False, False, False]


def test_limits_of_a_day_and_a_person_hold(account):
    campaign = running_lottery([{"a_day": 3, "weight": 20}, {"a_person": 1, "weight": 20}])
    moment = datetime(2026, 3, 2, 4, tzinfo=UTC)
    for n in range(20):
        draw(campaign, account, str(n), moment)
    won = Counter(Draw.objects.filter(prize__isnull=False).values_list("prize__a_day", flat=True))
    assert won == {3: 3, None: 1}
    assert verify(whole_proof(campaign)) == []


def test_the_guarantee_is_kept(account):
    campaign = running_lottery([{"weight": 0}], {"nothing_weight": 1, "guarantee_after": 3, "guaranteed": 0})
    won = [draw(campaign, account).draw.prize is not None for _ in range(9)]
    assert won == [False, False, True] * 3
    assert verify(whole_proof(campaign)) == []


def test_points_stay_within_the_budget(account):
    campaign = running_lottery([{"reward": RewardKind.POINTS, "amount": 40}], points_budget=100)
    won = [draw(campaign, account).grant is not None for _ in range(4)]
    assert won == [True, True, False, False]
    assert verify(whole_proof(campaign)) == []


def test_a_coupon_is_made_where_none_is_free(account):
    batch = CouponBatchFactory(code_kind="unique", shared_code="")
    campaign = running_lottery([{"reward": RewardKind.COUPON, "batch": batch}])
    codes = [draw(campaign, account).grant.result for _ in range(2)]
    assert len({*codes}) == 2
    assert Coupon.objects.filter(batch=batch, holder=account).count() == 2


def test_terms_changed_at_the_desk_change_nothing_for_those_who_draw(account):
    campaign = running_lottery([{"weight": 1}], {"nothing_weight": 0})
    Prize.objects.update(weight=0)
    assert draw(campaign, account).draw.prize is not None


class TestChances:
    def test_free_draws_of_the_day_come_first_and_come_again(self, account):
        campaign = running_lottery([{}], {"free_daily": 1})
        monday = datetime(2026, 3, 2, 4, tzinfo=UTC)
        chances.give(campaign, account, 1, "a gift")
        assert draw(campaign, account, "", monday).draw.paid_with == "free"
        assert draw(campaign, account, "", monday).draw.paid_with == "chance"
        assert refused(partial(draw, campaign, account, "", monday)) == Reason.NO_CHANCES
        assert draw(campaign, account, "", monday + timedelta(days=1)).draw.paid_with == "free"

    def test_a_reason_counts_once(self, account):
        campaign = running_lottery([{}], {"free_daily": 0})
        for _ in range(3):
            chances.give(campaign, account, 2, "check-in")
        assert draw(campaign, account).remaining == 1

    def test_points_buy_draws(self, account):
        campaign = running_lottery([{}], {"free_daily": 0, "price": 20})
        points.earn(account, 30, "test", "gift")
        assert draw(campaign, account).draw.paid_with == "points"
        assert refused(partial(draw, campaign, account)) == Reason.NOT_ENOUGH_POINTS
        assert points.balance(account) == 10
        assert Draw.objects.count() == 1

    def test_purchases_bring_chances_once_each(self, account):
        campaign = running_lottery([{}], {"free_daily": 0, "purchase_draws": 2})
        EventFactory(account=account, type=EventType.PURCHASE, value=100)
        assert draw(campaign, account).remaining == 1
        assert draw(campaign, account).remaining == 0
        assert refused(partial(draw, campaign, account)) == Reason.NO_CHANCES

    def test_check_ins_bring_chances(self, account):
        lottery = running_lottery([{}], {"free_daily": 0})
        with transaction.atomic():
            reward = Reward(RewardKind.CHANCES, 3, lottery=lottery.pk)
            for _ in range(2):
                rewards.grant(CampaignFactory(), account, "day", reward)
        assert sum(Chance.objects.values_list("draws", flat=True)) == 6
        assert draw(lottery, account).remaining == 5

    def test_linked_accounts_share_them(self, account):
        campaign = running_lottery([{}], {"free_daily": 1})
        other = LinkedAccountFactory(person=account.person)
        draw(campaign, account)
        assert refused(partial(draw, campaign, other)) == Reason.NO_CHANCES
        assert Entrant.objects.count() == 1

    def test_there_is_a_limit_a_day(self, account):
        campaign = running_lottery([{}], {"draws_a_day": 2})
        for _ in range(2):
            draw(campaign, account)
        assert refused(partial(draw, campaign, account)) == Reason.TODAY_IS_OVER


class TestRisks:
    def test_new_accounts_wait(self, account):
        campaign = running_lottery([{}], {"account_days": 3})
        assert refused(partial(draw, campaign, account)) == Reason.ACCOUNT_TOO_NEW
        assert draw(campaign, account, "", timezone.now() + timedelta(days=4))

    def test_the_blocked_do_not_draw_with_any_account(self, account):
        campaign = running_lottery([{}])
        Blocked.objects.create(account=LinkedAccountFactory(person=account.person), why="many accounts")
        assert refused(partial(draw, campaign, account)) == Reason.BLOCKED

    def test_too_many_accounts_on_a_device(self, account):
        campaign = running_lottery([{}], {"device_accounts": 2})
        LinkedAccount.objects.filter(pk=account.pk).update(traits={"device_id": "d1"})
        LinkedAccountFactory(platform=account.platform, traits={"device_id": "d1"})
        assert draw(campaign, account)
        LinkedAccountFactory(platform=account.platform, traits={"device_id": "d1"})
        assert refused(partial(draw, campaign, account)) == Reason.TOO_MANY_ON_DEVICE


def test_the_seed_is_a_secret_until_the_end(account):
    campaign = running_lottery([{}])
    draw(campaign, account)
    before = proof.page(drawing.find(campaign.pk), 0, "https://x")
    assert before.seed is None
    after = whole_proof(campaign)
    assert after["seed"]
    assert after["commitment"] == before.commitment
    assert verify(after) == []


def test_pages_of_a_proof_are_one_proof(account, monkeypatch):
    monkeypatch.setattr(proof, "PAGE", 4)
    campaign = running_lottery([{"stock": 3}, {"weight": 2}], {"nothing_weight": 3})
    for n in range(10):
        draw(campaign, account, f"n{n}")
    told = whole_proof(campaign)
    assert len(told["results"]) == 10
    assert verify(told) == []


@pytest.mark.django_db(transaction=True)
def test_many_at_once_win_exactly_what_there_is():
    campaign = running_lottery([{"stock": 5, "reward": RewardKind.POINTS, "amount": 1}], {"free_daily": 4})
    accounts = [LinkedAccountFactory() for _ in range(8)]

    def draw_four(account: LinkedAccount) -> int:
        return sum(draw(campaign, account).draw.prize is not None for _ in range(4))

    won = side_by_side(*(partial(draw_four, account) for account in accounts))
    assert sum(won) == 5 == Grant.objects.count() == Prize.objects.get().given
    assert Draw.objects.count() == 32
    assert verify(whole_proof(campaign)) == []
