"""Personal offers: from a program over a worker to a coupon that works, and to what is learned from it."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ConsentSource, LinkedAccount, Platform, Purpose
from accounts.services.accounts import house_account
from accounts.services.consents import state_consents
from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from profiles.models import Course, EventType, Profile, ProfileModel
from promotions import wallet
from promotions.models import Offer, OfferProgram, Outcome, ProgramState
from promotions.personal import past, policy, response
from promotions.personal.backtest import backtest
from promotions.personal.policy import Terms
from promotions.pricing.order import Line, Order
from promotions.services import offer_choices, offer_programs, offering, redeeming
from tests.factories import (
    CourseFactory,
    EventFactory,
    LinkedAccountFactory,
    OfferFactory,
    OfferProgramFactory,
    PlatformFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_held_out(settings) -> None:
    settings.HOLDOUT_SHARE = 0.0


@pytest.fixture
def shop() -> Platform:
    return PlatformFactory()


@pytest.fixture
def course(shop: Platform) -> Course:
    return CourseFactory(platform=shop, price=10_000, category="AI")


def somebody(shop: Platform, *looked_at: Course) -> LinkedAccount:
    """Who agrees to offers, has a profile, and has looked at these courses."""
    account = LinkedAccountFactory(platform=shop)
    state_consents(account, {Purpose.MARKETING: True}, "v1", ConsentSource.PERSON)
    model = ProfileModel.objects.first() or ProfileModel.objects.create(
        number=1, persons=1, courses=1, explained=[1.0], completed_at=timezone.now()
    )
    traits = {"spending": {"percentile": 0.5, "orders": 1, "tier": "mid"}, "categories": [{"name": "AI", "share": 1.0}]}
    Profile.objects.create(
        account=account, account_ids=[account.pk], traits=traits, vector=[0.1], model=model, fresh_at=timezone.now()
    )
    for each in looked_at:
        EventFactory(account=account, platform=shop, course=each, type=EventType.VIEW, timestamp=timezone.now())
    account.refresh_from_db()
    return account


def program_of(**changes: object) -> OfferProgram:
    return OfferProgramFactory(**{"levels": [2_000], "holdout": 0, **changes})


def decided(program: OfferProgram) -> list[Offer]:
    """What a worker decides."""
    job = jobs.run(offering.enqueue(program, to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    return list(Offer.objects.filter(program=program).order_by("pk"))


def given(program: OfferProgram, people: list[LinkedAccount]) -> Offer:
    """One of several decisions that gives something: while nothing is learned, chance decides."""
    offers = [each for each in decided(program) if each.level]
    assert offers
    assert {each.account_id for each in offers} <= {each.pk for each in people}
    return offers[0]


def test_an_offer_is_a_coupon_in_the_wallet_that_works_for_its_course_alone(shop, course):
    program = program_of()
    offer = given(program, [somebody(shop, course) for _ in range(12)])
    (usable,) = wallet.usable(offer.account)
    assert (usable.item_id, usable.gives.value) == (offer.course.item_id, 2_000)
    assert usable.reason
    order = Order("o", "CNY", (Line(course.item_id, 10_000, 1), Line("another", 5_000, 1)))
    redemption = redeeming.reserve(shop, offer.account.external_id, [usable.code or ""], order)
    assert redemption.discount == 2_000
    redeeming.commit(redemption.pk, shop)
    offer.refresh_from_db()
    assert offer.coupon is not None
    assert offer.coupon.is_used
    Offer.objects.update(decided_at=timezone.now() - timedelta(days=20), counts_until=timezone.now())
    past.settle(timezone.now())
    offer.refresh_from_db()
    assert (offer.outcome, offer.paid) == (Outcome.BOUGHT, 8_000)


def test_each_decision_is_written_down_with_how_likely_it_was_and_by_what(shop, course):
    for _ in range(12):
        somebody(shop, course)
    offers = decided(program_of())
    assert len(offers) == 12
    assert {each.propensity for each in offers} == {0.5}, "one course, and two levels to draw from"
    assert all(each.explored and each.inputs["views"] == 1 for each in offers)
    assert any(each.level == 0 for each in offers), "to offer nothing is a decision as well"


@pytest.mark.parametrize("refusal", ["choice", "marketing", "profiling", "holdout"])
def test_those_who_do_not_want_it_are_no_candidates(shop, course, refusal, settings):
    account = somebody(shop, course)
    if refusal == "choice":
        offer_choices.choose(account, wanted=False)
    elif refusal == "holdout":
        settings.HOLDOUT_SHARE = 1.0
    else:
        state_consents(account, {Purpose(refusal): False}, "v2", ConsentSource.PERSON)
    assert decided(program_of()) == []


def test_a_choice_counts_for_all_accounts_of_the_person(shop, course):
    account = somebody(shop, course)
    other = LinkedAccountFactory(person=account.person)
    offer_choices.choose(other, wanted=False)
    assert decided(program_of()) == []
    offer_choices.choose(account, wanted=True)
    assert len(decided(program_of())) == 1


def test_a_consent_that_is_withdrawn_while_a_worker_decides_counts_at_once(shop, course):
    program, account = program_of(), somebody(shop, course)
    now = timezone.now()
    candidates = offering.candidates_of(program, now)
    (decision,) = offering.decide(program, candidates, None, 1e9, np.random.default_rng(1))
    state_consents(account, {Purpose.MARKETING: False}, "v2", ConsentSource.PERSON)
    assert offering.carry_out(program, decision, None, now) is None
    assert not Offer.objects.exists()


def test_people_have_their_quiet(shop, course):
    account, program = somebody(shop, course), program_of()
    assert len(decided(program)) == 1
    assert len(decided(program)) == 1
    Offer.objects.update(decided_at=timezone.now() - timedelta(days=15))
    assert len(decided(program)) == 2
    assert {each.account_id for each in decided(program)} == {account.pk}


def test_offers_by_chance_stay_within_the_budget(shop, course):
    for _ in range(10):
        somebody(shop, course)
    offers = decided(program_of(budget=3_000))
    assert len(offers) == 3, "each is expected to take off 1,000 at the most: half of 2,000"


def test_what_people_have_bought_is_not_offered(shop, course):
    account = somebody(shop, course)
    EventFactory(account=account, platform=shop, course=course, type=EventType.PURCHASE, timestamp=timezone.now())
    assert decided(program_of()) == []


def test_a_program_runs_only_with_a_batch_that_can_carry_it():
    program = program_of(state=ProgramState.DRAFT)
    with pytest.raises(offer_programs.CannotMove, match="预算"):
        offer_programs.move(program, ProgramState.RUNNING)
    program.batch.budget = 10_000
    program.batch.save()
    assert offer_programs.move(program, ProgramState.RUNNING).started_at


def test_what_offers_do_is_learned_and_most_is_offered_where_it_makes_the_difference():
    rng = np.random.default_rng(3)
    minds = rng.integers(0, 2, 6_000).astype(float)
    levels = rng.choice([0.0, 0.2], 6_000)
    chance = np.where(minds > 0, 0.05 + 1.5 * levels, 0.5)
    bought = (rng.random(6_000) < chance).astype(float)
    model = response.fit(minds[:, None], levels, bought, np.full(6_000, 0.5))
    ladder = np.array([0.0, 0.2])
    two = np.array([[0.0], [1.0]])
    sure, minding = model.chances(two, ladder)
    assert sure[1] - sure[0] < 0.06
    assert minding[1] - minding[0] > 0.2
    ones = np.ones(2)
    terms = Terms(np.arange(2), 10_000 * ones, 0.3 * ones, 0 * ones, ones, 0.1)
    assert policy.allocate(model.chances(two, ladder), ladder, terms, 1e9).level.tolist() == [0, 1]


def test_a_plan_keeps_to_budget_floor_and_one_offer_a_person():
    rng = np.random.default_rng(5)
    ladder = np.array([0.0, 0.1, 0.2, 0.3])
    chances = np.clip(rng.uniform(0, 0.3, (400, 1)) + rng.uniform(0, 3, (400, 1)) * ladder, 0, 1)
    person = rng.integers(0, 150, 400)
    person = np.unique(person, return_inverse=True)[1]
    ones = np.ones(400)
    terms = Terms(person, rng.uniform(1_000, 50_000, 400), 0.55 * ones, 0 * ones, ones, 0.2)
    free = policy.allocate(chances, ladder, terms, 1e12)
    plan = policy.allocate(chances, ladder, terms, free.cost / 3)
    assert 0.9 * free.cost / 3 < plan.cost <= free.cost / 3
    assert plan.level.max() <= 2, "three tenths off would leave less than the floor"
    assert np.bincount(person[plan.level > 0]).max() == 1
    assert free.margin > plan.margin > free.margin / 3


def test_the_switch_is_on_its_page_and_the_rules_are_open_to_everybody(client: Client):
    page = reverse("promotions:personal_offers")
    assert client.get(reverse("promotions:offer_rules")).status_code == 200
    assert client.get(page).status_code == 302
    user = UserFactory()
    client.force_login(user)
    OfferFactory(account=house_account(user), reason={"kind": "looked_at"})
    assert "checked" in client.get(page).content.decode()
    answer = client.post(page, {}, headers={"HX-Request": "true"})
    assert "checked" not in answer.content.decode()
    assert not offer_choices.wants_offers(house_account(user))


def test_the_report_weighs_learned_offers_against_simpler_ways(admin_client: Client, shop, course):
    program, rng = program_of(), np.random.default_rng(1)
    people = LinkedAccountFactory.create_batch(100, platform=shop)
    shape = {"program": program, "course": course, "ladder": [2_000], "counts_until": timezone.now(), "price": 10_000}
    for number in range(600):
        minds, level = number // 100 % 2, int(rng.choice([0, 2_000]))
        outcome = Outcome.BOUGHT if rng.random() < (0.1 + 0.7 * minds * (level > 0)) else Outcome.NOT_BOUGHT
        inputs = {"minds_prices": minds, "tier": "low"}
        Offer.objects.create(
            account=people[number % 100],
            level=level,
            outcome=outcome,
            inputs=inputs,
            explored=True,
            propensity=0.5,
            **shape,
        )
    learned, nothing, everybody = backtest(program).tried
    assert nothing.gain.value == 0
    assert learned.gain.low > 0
    assert learned.cost.value < everybody.cost.value * 1.2
    page = admin_client.get(reverse("admin:promotions_offerprogram_report", args=[program.pk]))
    assert page.status_code == 200
    assert (
        admin_client.get(reverse("admin:promotions_offer_change", args=[Offer.objects.first().pk])).status_code == 200
    )
    assert admin_client.get(reverse("admin:promotions_offerprogram_change", args=[program.pk])).status_code == 200
