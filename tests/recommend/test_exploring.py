"""Exploring in answers: new courses get their chance, chances are noted as they are, and learned from."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.test import TestCase
from django.utils import timezone

from accounts.models import LinkedAccount
from profiles.models import Course
from recommend.exploring import learning
from recommend.exploring.examining import examination, known_examination
from recommend.exploring.notes import noted, tried_in
from recommend.exploring.outcomes import draws, outcomes
from recommend.models import CourseShowing, ExploredPlacement, Recommendation
from recommend.placements.keeping import describe
from recommend.serving import arms, exploring
from recommend.serving.circumstances import circumstances_of
from recommend.serving.preparing import prepared
from recommend.serving.question import question_of
from recommend.serving.record import store_pending
from recommend.serving.situation import look
from tests.partner import Partner, batch, event, item
from tests.recommend.trained import planted_partner, trained

pytestmark = pytest.mark.django_db

LATE = timedelta(hours=1)


@pytest.fixture
def shop(settings) -> Partner:
    """Twelve courses, of which the learners know some; everything is old but what a test lists."""
    settings.EXPLORE = True
    partner = planted_partner()
    trained("ease")
    Course.objects.update(created_at=timezone.now() - timedelta(days=400))
    with TestCase.captureOnCommitCallbacks(execute=True):
        describe(None, "*", {"exploration": {"share": 0.1}})
    arms.forget_here()
    return partner


def answer(shop: Partner, user: str, placement: str = "home", limit: int = 5) -> dict:
    return shop.recommended(user, placement=placement, limit=limit)


def items_of(given: dict) -> list[str]:
    return [each["item_id"] for each in given["items"]]


def stored(given: dict) -> Recommendation:
    store_pending()
    return Recommendation.objects.get(pk=given["recommendation_id"])


def learn(later: timedelta = LATE) -> int:
    with TestCase.captureOnCommitCallbacks(execute=True):
        learned = learning.learn(timezone.now() + later)
    arms.forget_here()
    return learned


def with_something_tried(shop: Partner, count: int = 1) -> list[Recommendation]:
    """Answers to known learners in which a place was explored."""
    for number in range(36):
        answer(shop, f"l{number}")
    store_pending()
    found = [each for each in Recommendation.objects.order_by("created_at") if tried_in(each.context).places]
    assert len(found) >= count
    return found[:count]


def follow(shop: Partner, given: Recommendation, place: int, **changes) -> None:
    user = LinkedAccount.objects.get(pk=given.account_id).external_id
    course = Course.objects.get(pk=given.course_ids[place])
    context = {"recommendation_id": str(given.pk)}
    told = {"type": "click", "user_id": user, "item_id": course.item_id, "context": context, **changes}
    assert shop.post("/events", batch(event(**told))).json()["accepted"] == 1


def test_a_course_that_was_listed_today_without_any_event_is_soon_shown_to_somebody(shop):
    """One fresh course among F = 1: in each answer of 5 places with a chance of 1 - (1 - 0.1 * 0.05)^5 at the very
    least, which is 2.5 %; before anything is learned the source is as likely as the others, which makes it 8 %."""
    shop.post("/items", batch(item("just-listed", category="别的")))
    shown = sum("just-listed" in items_of(answer(shop, f"stranger{number}")) for number in range(150))
    assert shown >= 3
    assert stored(answer(shop, "l1")).course_ids


def test_old_courses_and_those_that_were_shown_enough_are_not_given_a_chance_for_being_new(shop):
    shop.post("/items", batch(item("just-listed", category="别的")))
    CourseShowing.objects.create(course=Course.objects.get(item_id="just-listed"), shown=100)
    for number in range(40):
        context = stored(answer(shop, f"stranger{number}")).context
        assert all("new" not in each.proposals for each in tried_in(context).places)


def test_the_chances_that_are_noted_are_those_by_which_courses_stand_there(shop, monkeypatch):
    """The same question again and again in other stretches of time: what stands first is as frequent as was noted."""
    shop.post("/items", batch(item("new-1"), item("new-2")))
    clock = iter(range(10**9, 10**9 + 600 * 3_000, 600))
    monkeypatch.setattr(exploring.time, "time", lambda: next(clock))
    situation = exploring_of(shop, "l1")
    firsts, chances = Counter(), {}
    for _ in range(1_500):
        chosen = situation()
        first = int(chosen.positions[0])
        firsts[first] += 1
        assert chances.setdefault(first, chosen.propensities[0]) == pytest.approx(chosen.propensities[0])
    assert len(firsts) >= 3
    assert sum(chances.values()) == pytest.approx(1)
    for first, count in firsts.items():
        assert count / 1_500 == pytest.approx(chances[first], abs=0.03)


def explore_half(shop: Partner) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        describe(shop.platform, "home", {"exploration": {"share": 0.5}})


def exploring_of(shop: Partner, user: str):
    """Asks what is chosen for a user, each time anew, with half of all places explored."""
    explore_half(shop)
    situation = look(shop.platform, user)
    question = question_of(shop.platform, situation, circumstances_of(shop.platform, "home"), 3)
    made = prepared(question)
    return lambda: exploring.explore(made, question, (shop.platform.pk, user))


def test_a_list_does_not_jump_when_it_is_loaded_again(shop, monkeypatch):
    explore_half(shop)
    now = 1_800_000_000.0
    monkeypatch.setattr(exploring.time, "time", lambda: now)
    shop.post("/items", batch(item("new-1"), item("new-2")))
    lists = {user: items_of(answer(shop, user)) for user in [f"l{number}" for number in range(12)]}
    for user, items in lists.items():
        assert items_of(answer(shop, user)) == items
        assert items_of(answer(shop, user, limit=3)) == items[:3], "and a shorter one begins the same"
    now += exploring.STABLE_SECONDS
    assert any(items_of(answer(shop, user)) != items for user, items in lists.items())


def test_no_course_stands_twice_and_none_that_the_learner_knows(shop):
    known = {f"c{n}" for n in (1, 4, 7)}
    for number in range(30):
        items = items_of(answer(shop, "l1", placement=f"slot-{number}"))
        assert len(set(items)) == len(items) == 5
        assert not known & set(items)


def test_chances_and_what_was_tried_are_noted_with_the_answer(shop):
    (given,) = with_something_tried(shop)
    tried = tried_in(given.context)
    assert len(given.propensities) == len(given.course_ids) == 5
    assert all(0 < chance <= 1 for chance in given.propensities)
    (place, *_rest) = tried.places
    course, chance = place.proposals[place.arm]
    assert course == given.course_ids[place.place]
    assert 0.05 <= chance <= 1
    assert sum(chance for _course, chance in place.proposals.values()) == pytest.approx(1, abs=1e-4)
    assert tried.share == 0.1


def test_without_exploring_lists_show_their_best_and_say_that_it_was_certain(shop, settings):
    settings.EXPLORE = False
    given = stored(answer(shop, "l1"))
    assert given.propensities == [1.0] * 5
    assert tried_in(given.context) is None


def test_what_was_noted_otherwise_is_not_taken_for_a_trial():
    assert tried_in({}) is None
    assert tried_in({"explored": {"places": "many"}}) is None
    assert tried_in(noted([], [], 3, 0.1, 5)).places == []


def test_a_followed_course_counts_for_its_source_once_its_time_is_over(shop):
    given = with_something_tried(shop, 2)
    place = tried_in(given[0].context).places[0]
    follow(shop, given[0], place.place)
    assert learn(timedelta(minutes=29)) == 0
    learned = learn()
    assert learned >= 2
    row = ExploredPlacement.objects.get()
    assert (row.placement, row.clicks, row.answers) == ("home", 1, learned)
    assert row.arms[place.arm]["rewards"] == 1
    assert sum(kept["rewards"] for kept in row.arms.values()) == 1
    assert row.clicked[place.arm][place.place] == 1


def test_each_answer_counts_once(shop):
    with_something_tried(shop)
    assert learn() > 0
    before = ExploredPlacement.objects.values().get()
    assert learn() == 0
    assert learn() == 0
    again = ExploredPlacement.objects.values().get()
    assert (again["answers"], again["clicks"]) == (before["answers"], before["clicks"])
    assert CourseShowing.objects.count() > 0
    assert sum(CourseShowing.objects.values_list("shown", flat=True)) == 36 * 5


def test_only_what_this_person_followed_in_time_from_this_answer_counts(shop):
    given, other = with_something_tried(shop, 2)
    place = tried_in(given.context).places[0].place
    stranger = LinkedAccount.objects.get(pk=other.account_id).external_id
    follow(shop, given, place, user_id=stranger)
    follow(shop, given, place, type="impression")
    follow(shop, given, place, timestamp=(timezone.now() + timedelta(minutes=40)).isoformat())
    follow(shop, given, place, context={"recommendation_id": "another"})
    learn(timedelta(hours=2))
    assert ExploredPlacement.objects.get().clicks == 0


def test_whoever_does_not_agree_any_more_teaches_nothing(shop):
    with_something_tried(shop)
    LinkedAccount.objects.update(recommendation=False)
    assert learn() == 0
    assert not ExploredPlacement.objects.exists()


def test_the_same_draw_shown_again_is_no_further_trial(shop):
    (given,) = with_something_tried(shop)
    user = LinkedAccount.objects.get(pk=given.account_id).external_id
    answer(shop, user)
    again = stored(answer(shop, user))
    assert tried_in(again.context) == tried_in(given.context)
    follow(shop, again, tried_in(again.context).places[0].place)
    learn()
    tried = sum(
        len(tried_in(each.context).places) for each in Recommendation.objects.exclude(account=given.account_id)
    ) + len(tried_in(given.context).places)
    row = ExploredPlacement.objects.get()
    assert sum(sum(counts) for counts in row.shown.values()) == tried
    assert row.clicks == 1


def test_more_or_less_of_the_same_draw_is_no_further_trial(shop):
    explore_half(shop)
    one, more = stored(answer(shop, "l1", limit=2)), stored(answer(shop, "l1", limit=6))
    learn()
    assert tried_in(one.context).seed == tried_in(more.context).seed
    row = ExploredPlacement.objects.get()
    assert row.answers == 1
    assert sum(sum(counts) for counts in row.shown.values()) == len(tried_in(more.context).places)


@pytest.mark.parametrize("changed", ["chances", "share", "ranking"])
def test_what_is_drawn_otherwise_is_another_draw(shop, changed):
    explore_half(shop)
    before = stored(answer(shop, "l1"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        if changed == "chances":
            ExploredPlacement.objects.create(platform=shop.platform, placement="home", arms=one_sided())
            arms.forget_on_commit([(shop.platform.pk, "home")])
        elif changed == "share":
            describe(shop.platform, "home", {"exploration": {"share": 0.6}})
        else:
            boost = {"which": {"categories": ["第 2 组"]}, "factor": 0.001}
            describe(shop.platform, "home", {"exploration": {"share": 0.5}, "boosts": [boost]})
    arms.forget_here()
    after = stored(answer(shop, "l1"))
    assert tried_in(after.context).seed != tried_in(before.context).seed
    found = outcomes(timezone.now() - LATE, timezone.now(), 10)
    assert len(found) == len(list(draws(found))) == 2


def one_sided() -> dict:
    bandit = arms.bandit()
    group = arms.Situated(0, 2, 1)
    tried = np.arange(600) % len(arms.ARMS)
    bandit.learn(tried, np.tile(group.features(), (600, 1)), (tried == 0) * 0.5)
    return bandit.document()


def test_what_was_learned_decides_what_is_tried_next(shop):
    with_something_tried(shop)
    learn()
    row = ExploredPlacement.objects.get()
    bandit = arms.bandit().restored(row.arms)
    group = arms.Situated(0, 2, 1)
    liked = arms.ARMS.index("popular")
    tried = np.arange(600) % len(arms.ARMS)
    bandit.learn(tried, np.tile(group.features(), (600, 1)), (tried == liked) * 0.5)
    row.arms = bandit.document()
    with TestCase.captureOnCommitCallbacks(execute=True):
        row.save()
        arms.forget_on_commit([(row.platform_id, "home")])
    arms.forget_here()
    chances = arms.of_slot(row.platform_id, "home").chances(group)
    assert chances["popular"] > 0.69
    assert min(chances.values()) >= 0.05 - 1e-9
    assert max(arms.of_slot(row.platform_id, "elsewhere").chances(group).values()) < 0.3


def test_how_places_are_looked_at_is_told_to_those_who_ask(shop):
    assert known_examination(shop.platform.pk, "home") is None
    with_something_tried(shop)
    learn()
    looked_at = known_examination(shop.platform.pk, "home")
    assert looked_at[0] == 1
    assert looked_at[3] == pytest.approx(0.5, abs=0.1)
    assert examination(ExploredPlacement.objects.get()).errors[0] == pytest.approx(1 / 10**0.5)
