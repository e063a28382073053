"""All experiments together beside the holdout: whom they leave alone, what they did, and what can be said of it."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import LinkedAccount, Person, Purpose
from crossmarket import staff_groups
from profiles.event_store import NewEvent, store
from profiles.experiment_results import Verdict
from profiles.experiments import start
from profiles.holdout import PERIOD, Question, against_holdout
from profiles.models import EventType
from tests.factories import PlatformFactory, UserFactory
from tests.profiles.test_experiments import agreeing, did, draft, held_out, state

pytestmark = pytest.mark.django_db

BEGAN = timezone.now() - timedelta(days=2 * 28 + 5)
FIRST, SECOND = BEGAN + timedelta(days=3), BEGAN + timedelta(days=31)


@pytest.fixture(autouse=True)
def _half_are_held_out(settings: Any) -> None:
    settings.HOLDOUT_SHARE = 0.5


def begin(at: datetime = BEGAN) -> None:
    """Start an experiment that leaves the holdout alone."""
    start(draft(excludes_holdout=True), at=at)


def crowd(persons: int, held: int, others: int, at: datetime = SECOND) -> None:
    """So many persons; of those held out, and of all others, so many in ten buy at this moment."""
    platform = PlatformFactory(profiling_default=True)
    people = Person.objects.bulk_create(Person() for _number in range(persons))
    accounts = LinkedAccount.objects.bulk_create(
        LinkedAccount(platform=platform, external_id=f"u{number}", person=person)
        for number, person in enumerate(people)
    )
    inside = held_out([account.pk for account in accounts])
    places = {True: 0, False: 0}
    events = []
    for account in accounts:
        is_held = account.pk in inside
        places[is_held] += 1
        if places[is_held] % 10 < (held if is_held else others):
            events.append(NewEvent(f"e{account.pk}", EventType.PURCHASE, account.pk, None, 9_900, at))
    store(platform.pk, events)


class TestWhatIsMeasured:
    def test_before_anything_has_begun_and_before_28_days_are_over_nothing_is(self) -> None:
        assert against_holdout(Question.BOUGHT).began is None
        begin(timezone.now() - timedelta(days=27))
        answer = against_holdout(Question.BOUGHT)
        assert (answer.ends, answer.series, answer.verdict) == ([], None, Verdict.TOO_FEW)

    def test_an_experiment_that_reaches_the_holdout_does_not_begin_it(self) -> None:
        start(draft(excludes_holdout=False), at=BEGAN)
        assert against_holdout(Question.BOUGHT).began is None

    def test_everybody_is_in_one_of_both_and_only_whole_periods_count(self) -> None:
        begin()
        crowd(40, 10, 10, at=timezone.now() - timedelta(days=1))
        answer = against_holdout(Question.BOUGHT)
        assert answer.ends == [BEGAN + PERIOD, BEGAN + 2 * PERIOD]
        assert answer.held.persons + answer.others.persons == 40
        assert (answer.held.mean, answer.others.mean) == (0, 0)

    @pytest.mark.parametrize(
        ("question", "mean"),
        [("ACTIVE", 1), ("BOUGHT", 1), ("SPENT", 700), ("COMPLETED", 0), ("SEARCHED", 0)],
    )
    def test_what_is_asked_is_counted(self, question: str, mean: float) -> None:
        begin()
        account = agreeing()
        did(account, EventType.PURCHASE, SECOND, value=500, times=2)
        did(account, EventType.REFUND, SECOND + timedelta(days=1), value=300)
        did(account, EventType.IMPRESSION, SECOND)
        answer = against_holdout(Question[question])
        assert [each.mean for each in (answer.held, answer.others) if each.persons] == [mean]

    def test_accounts_count_together_while_both_share_and_not_without_consent(self) -> None:
        begin()
        account = agreeing()
        other = agreeing(person=account.person)
        did(other, EventType.PURCHASE, SECOND)

        def counted() -> list[float | None]:
            answer = against_holdout(Question.BOUGHT)
            return [each.mean for each in (answer.held, answer.others) if each.persons]

        assert counted() == [1]
        state(other, Purpose.CROSS_PLATFORM, False)
        assert counted() == [0]
        state(account, Purpose.PROFILING, False)
        assert counted() == [1]
        state(other, Purpose.PROFILING, False)
        assert counted() == []

    def test_the_latest_twelve_periods_are_looked_at(self) -> None:
        begin(timezone.now() - timedelta(days=28 * 20 + 1))
        crowd(20, 5, 5)
        assert len(against_holdout(Question.BOUGHT).ends) == 12


class TestWhatIsSaid:
    def test_a_difference_is_told_with_its_interval(self) -> None:
        begin()
        crowd(1_200, 3, 5)
        answer = against_holdout(Question.BOUGHT)
        assert answer.verdict == Verdict.MORE
        assert answer.series is not None
        assert answer.series.lift_low[-1] < 2 / 3 < answer.series.lift_high[-1]
        assert not answer.is_suspicious
        assert against_holdout(Question.SEARCHED).verdict == Verdict.TOO_FEW

    def test_each_period_is_read_by_itself(self) -> None:
        begin()
        crowd(1_200, 6, 3, at=FIRST)
        answer = against_holdout(Question.BOUGHT)
        assert answer.series is not None
        assert answer.series.high[0] < 0
        assert answer.verdict == Verdict.TOO_FEW

    def test_a_holdout_of_another_size_than_planned_is_noticed(self) -> None:
        begin()
        crowd(600, 1, 1)
        inside = held_out(LinkedAccount.objects.values_list("pk", flat=True))
        LinkedAccount.objects.filter(pk__in=sorted(inside)[:120]).update(profiling=False)
        assert against_holdout(Question.BOUGHT).is_suspicious


class TestThePage:
    URL = reverse("admin:profiles_experiment_holdout")

    def page(self, client: Client, count: str = "bought") -> Any:
        return client.get(self.URL, {"count": count}, headers={"Accept-Language": "en"})

    def test_it_tells_in_words_numbers_and_a_chart(self, admin_client: Client) -> None:
        begin()
        crowd(1_200, 3, 5)
        response = self.page(admin_client)
        assert response.context["words"].startswith("What is tried does good: ")
        lower, upper, lift = (each["data"] for each in json.loads(response.context["chart"])["datasets"])
        assert lower[0] is None
        assert 0 < lower[1] < lift[1] < upper[1]
        assert '<option value="bought" selected>' in response.content.decode()
        (experiment,) = response.context["experiments"]
        assert reverse("admin:profiles_experiment_change", args=[experiment.pk]) in response.content.decode()

    def test_harm_is_told_too(self, admin_client: Client) -> None:
        begin()
        crowd(1_200, 5, 3)
        assert "What is tried does harm: " in self.page(admin_client).content.decode()

    def test_what_is_missing_is_told(self, admin_client: Client, settings: Any) -> None:
        assert "has started yet" in self.page(admin_client).context["words"]
        begin(timezone.now())
        assert "28 days are not over" in self.page(admin_client).context["words"]
        settings.HOLDOUT_SHARE = 0
        assert "HOLDOUT_SHARE" in self.page(admin_client).context["words"]

    def test_it_is_reached_from_the_list_by_those_who_may_see_experiments(
        self, admin_client: Client, client: Client
    ) -> None:
        assert "beside_holdout" in admin_client.get(reverse("admin:profiles_experiment_changelist")).content.decode()
        somebody = UserFactory(is_staff=True)
        client.force_login(somebody)
        assert self.page(client).status_code == 403
        somebody.groups.add(staff_groups.marketers())
        assert self.page(client).status_code == 200
