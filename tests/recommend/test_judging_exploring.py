"""What other ways of exploring would have brought, told from answers whose worth is planted."""

import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import LinkedAccount
from profiles.models import Course, Event, EventType
from recommend import model_store
from recommend.exploration.drawing import RANKED, Offer, draw_list
from recommend.exploration.off_policy import Method
from recommend.exploring import judging
from recommend.exploring.by_model import judge_model
from recommend.exploring.notes import noted
from recommend.models import ExploredPlacement, Recommendation
from recommend.serving.arms import ARMS
from tests.factories import CourseFactory, LinkedAccountFactory, PlatformFactory, UserFactory
from tests.recommend.trained import planted_partner, trained

pytestmark = pytest.mark.django_db

LIKED = {0: 0.6, 1: 0.5, 2: 0.4, 3: 0.1, 4: 0.1, 5: 0.1}
"""How often each of six courses is followed where it stands: 4 and 5 are the new ones."""
ANSWERS = 400


@pytest.fixture
def slot():
    """A slot of three places; popular is the best course, new ones are the worst; half of the places were explored."""
    platform = PlatformFactory()
    courses = np.array([CourseFactory(platform=platform).pk for _ in LIKED])
    accounts = [LinkedAccountFactory(platform=platform) for _ in range(100)]
    chances = dict.fromkeys(ARMS, 0.25) | {RANKED: 0.2, "popular": 0.4, "new": 0.4}
    offers = [Offer("popular", [0]), Offer("new", [4, 5], at_random=True)]
    random, answers, events = np.random.default_rng(0), [], []
    at = timezone.now() - timedelta(hours=3)
    for number in range(ANSWERS):
        account = accounts[number % 100]
        places = draw_list([3, 1, 2, 0, 4, 5], offers, chances, [0.5] * 3, seed=number)
        shown = [int(courses[place.candidate]) for place in places]
        answers.append(
            Recommendation(
                id=uuid.uuid4(),
                platform=platform,
                account=account,
                placement="home",
                course_ids=shown,
                sources=["model"] * 3,
                propensities=[place.propensity for place in places],
                context={"device": "phone", "hour": 9, **noted(places, courses, 7, 0.5, number)},
                created_at=at,
            )
        )
        for place, course in zip(places, shown, strict=True):
            if random.random() < LIKED[place.candidate]:
                events.append((account, course, str(answers[-1].pk)))
    Recommendation.objects.bulk_create(answers)
    Event.objects.bulk_create(
        Event(
            platform=platform,
            account=account,
            course_id=course,
            message_id=f"click-{number}",
            type=EventType.CLICK,
            timestamp=at + timedelta(minutes=2),
            context={"recommendation_id": answer},
        )
        for number, (account, course, answer) in enumerate(events)
    )
    return platform


def test_each_source_is_judged_by_what_it_would_have_brought_alone(slot):
    judged = judging.judge(slot.pk, "home")
    assert (judged.answers, judged.people) == (ANSWERS, 100)
    assert judged.rate.low < judged.rate.value < judged.rate.high
    tried, popular = judged.sources["popular"]
    assert tried > 80
    assert judged.sources["new"][1].holds(0.1)
    assert judged.sources["new"][1].high < popular.low
    assert set(judged.sources) == {RANKED, "popular", "new"}


def test_other_shares_are_judged_by_whole_lists(slot):
    judged = judging.judge(slot.pk, "home")
    certain = judged.shares[0.0]
    assert certain.low < (LIKED[3] + LIKED[1] + LIKED[2]) / 3 < certain.high
    assert 20 < certain.effective_size < ANSWERS * 3
    assert judged.shares[0.4].effective_size > certain.effective_size
    assert judged.shares[0.4].value == pytest.approx(judged.rate.value, abs=0.03)


def test_any_policy_over_what_was_proposed_can_be_judged(slot):
    trials = judging.judge(slot.pk, "home").trials
    popular = judging.estimate(trials, trials.always("popular"))
    assert popular[Method.SNIPS].value == pytest.approx(popular[Method.DR].value, abs=0.1)
    as_it_was = np.zeros((len(trials.proposals), len(ARMS)))
    for row, chances in enumerate(trials.chances):
        for arm, chance in chances.items():
            as_it_was[row, ARMS.index(arm)] = chance
    as_it_was /= as_it_was.sum(axis=1, keepdims=True)
    logged = judging.estimate(trials, as_it_was)[Method.IPS]
    assert logged.value == pytest.approx(trials.rounds.rewards.mean(), rel=0.01)


def test_a_slot_without_answers_tells_nothing(slot):
    assert judging.judge(slot.pk, "elsewhere") is None
    LinkedAccount.objects.update(recommendation=False)
    assert judging.judge(slot.pk, "home") is None


def test_a_model_is_judged_by_what_it_would_have_chosen_of_what_was_proposed(slot):
    """A model that knows none of the courses changes nothing."""
    planted_partner()
    model = model_store.load(trained("popularity"))
    judged = judging.judge(slot.pk, "home")
    estimate = judge_model(judged.trials, model)
    assert estimate.rounds == len(judged.trials.proposals)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    courses = [next(iter(proposed.values())) for proposed in judged.trials.proposals]
    assert judged.trials.showing(courses).sum(axis=1) == pytest.approx(1)


class TestDesk:
    """The page of a slot."""

    @pytest.fixture
    def desk(self) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
        return client

    def test_the_page_says_what_each_source_and_each_share_would_have_brought(self, desk, slot):
        row = ExploredPlacement.objects.create(platform=slot, placement="home")
        page = desk.get(reverse("admin:recommend_exploredplacement_change", args=[row.pk])).content.decode()
        for words in ("400", "100", "Popular courses", "New courses"):
            assert words in page
        assert desk.get(reverse("admin:recommend_exploredplacement_changelist")).status_code == 200

    def test_a_model_can_be_chosen(self, desk, slot):
        planted_partner()
        version = trained("popularity")
        row = ExploredPlacement.objects.create(platform=slot, placement="home")
        address = reverse("admin:recommend_exploredplacement_change", args=[row.pk])
        assert str(version) in desk.get(address, {"model": str(version.pk)}).content.decode()
        assert desk.get(address, {"model": "none-such"}).status_code == 200

    def test_a_slot_where_nothing_was_tried_yet_says_so(self, desk, slot):
        row = ExploredPlacement.objects.create(platform=slot, placement="quiet")
        page = desk.get(reverse("admin:recommend_exploredplacement_change", args=[row.pk])).content.decode()
        assert "Nothing" in page

    def test_the_latest_courses_are_asked_about_first(self, slot):
        trials = judging.judge(slot.pk, "home").trials
        assert len(trials.latest(10).proposals) == len(trials.latest(10).rounds) == 10
        assert Course.objects.count() == len(LIKED)
