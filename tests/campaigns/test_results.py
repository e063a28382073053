"""Whether a campaign brings people back."""

from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaigns import result_words
from campaigns.models import Campaign, CampaignState, Parcel
from campaigns.results import results_of
from campaigns.retention import comparing, curves
from campaigns.services import checking_in, drawing, life
from profiles.models import EventType, Exposure
from tests.factories import CampaignFactory, EventFactory, LinkedAccountFactory, UserFactory, running_lottery

DAY = timedelta(days=1)


class TestComparing:
    def test_a_clear_difference_is_certain(self):
        found = comparing.of_shares(300, 1_000, 100, 1_000)
        assert found.is_certain
        assert found.low < 0.2 < found.high

    def test_no_difference_is_not(self):
        assert not comparing.of_shares(100, 1_000, 95, 1_000).is_certain

    def test_few_people_tell_nothing(self):
        assert comparing.of_shares(10, 10, 0, 10).low is None
        assert comparing.of_means(np.ones(5), np.zeros(500)).low is None

    def test_nobody_tells_nothing(self):
        assert comparing.of_shares(0, 0, 0, 0).difference == 0

    def test_intervals_hold_the_truth_19_times_in_20(self):
        random = np.random.default_rng(0)
        hits = sum(
            (found := comparing.of_shares(random.binomial(200, 0.3), 200, random.binomial(150, 0.2), 150)).low
            <= 0.1
            <= found.high
            for _ in range(1_000)
        )
        assert 930 <= hits <= 975


class TestCurves:
    def test_a_cohort_is_followed_through_weeks_that_are_over(self):
        began = np.array([10, 10, 11])
        person, week = np.array([0, 1, 0, 2]), np.array([10, 10, 12, 11])
        first, second = curves.cohorts(began, person, week, this_week=13)
        assert (first.people, first.shares) == (2, [1.0, 0.0, 0.5])
        assert (second.people, second.shares) == (1, [1.0, 0.0])
        assert curves.curve([first, second]) == [1.0, 0.0, 0.5]

    def test_days_in_a_row_survive_less_and_less(self):
        assert curves.survival(np.array([1, 2, 4])) == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3])
        assert curves.survival(np.array([], dtype=int)) == []


@pytest.mark.django_db
class TestResults:
    def campaign(self) -> Campaign:
        made = CampaignFactory(state=CampaignState.DRAFT, holdout=50, plan={"daily_points": 5})
        return life.move(made, CampaignState.SCHEDULED)

    def test_those_who_came_back_are_set_beside_those_left_alone(self):
        campaign, now = self.campaign(), timezone.now()
        arms = {arm.is_control: arm for arm in campaign.experiment.arms.all()}
        for number in range(80):
            account, is_control = LinkedAccountFactory(), number % 2 == 1
            seen = now - 20 * DAY
            Exposure.objects.create(
                experiment=campaign.experiment, arm=arms[is_control], account=account, exposed_at=seen
            )
            if number % 4 == 0:
                EventFactory(account=account, type=EventType.VIEW, timestamp=seen + DAY)
        still_there = LinkedAccountFactory()
        EventFactory(account=still_there, type=EventType.VIEW, timestamp=now - 22 * DAY)
        Exposure.objects.create(
            experiment=campaign.experiment, arm=arms[False], account=still_there, exposed_at=now - 20 * DAY
        )
        results = results_of(campaign)
        assert results.had_left == (40, 40), "who never left cannot come back"
        assert (results.returned.first, results.returned.second) == (0.5, 0.0)
        with override("en"):
            words = " ".join(result_words.in_words(results))
        assert "It brings people back" in words
        assert "about 20 people" in words

    def test_without_a_holdout_it_says_so(self):
        campaign = CampaignFactory(plan={"daily_points": 5})
        account = LinkedAccountFactory()
        checking_in.check_in(account.platform, account.external_id, campaign.pk)
        results = results_of(campaign)
        assert (results.came, results.cost.points) == (1, 5)
        with override("en"):
            assert "Nobody is left alone" in result_words.in_words(results)[0]

    def test_the_page_opens_with_a_simulation(self, admin_client, monkeypatch):
        monkeypatch.setattr("campaigns.admin.results_page.DRAWS", 500)
        lottery = running_lottery([{"name": "笔记本", "stock": 3}], {"nothing_weight": 9}, points_budget=100)
        page = admin_client.get(reverse("admin:campaigns_campaign_results", args=[lottery.pk]), {"simulate": "1"})
        assert page.status_code == 200
        assert "笔记本" in page.content.decode()
        checks = CampaignFactory()
        assert admin_client.get(reverse("admin:campaigns_campaign_results", args=[checks.pk])).status_code == 200

    def test_winners_are_masked_for_those_who_send_nothing(self, client, admin_client):
        lottery = running_lottery([{"name": "=1+1"}])
        account = LinkedAccountFactory(external_id="zhang-san")
        drawn = drawing.draw(account.platform, account.external_id, lottery.pk).draw
        Parcel.objects.create(draw=drawn, account=account, recipient="张三", phone="138", address="路 1")
        address = reverse("admin:campaigns_campaign_winners", args=[lottery.pk])
        whole = admin_client.get(address).content.decode()
        assert "张三" in whole
        assert "'=1+1" in whole
        marketer = UserFactory(is_staff=True)
        marketer.user_permissions.add(Permission.objects.get(codename="view_campaign"))
        client.force_login(marketer)
        masked = client.get(address).content.decode()
        assert "张三" not in masked
        assert "zhang-san" not in masked
        client.force_login(UserFactory(is_staff=True))
        assert client.get(address).status_code == 403
