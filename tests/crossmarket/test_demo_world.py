"""What is planted in the demo world is there to be found, and the same request gives the same world."""

import numpy as np
import pytest

from crossmarket.demo.answers import DAYS, DEVICES, LENGTH
from crossmarket.demo.courses import DAY, PLATFORMS
from crossmarket.demo.events import EVENT_TYPES, NO_COURSE
from crossmarket.demo.looks import LOCAL_OFFSET, taste_match
from crossmarket.demo.people import APART, HOUR_PATTERNS, JOINED, PURPOSES, SPENDING_TIERS
from crossmarket.demo.tastes import topic_weights
from crossmarket.demo.topics import CATEGORIES, TOPIC_CATEGORY, TOPICS
from crossmarket.demo.world import WINDOW_DAYS, DemoWorld, generate

NOW = 1_764_000_000


@pytest.fixture(scope="module")
def world() -> DemoWorld:
    return generate(users=600, courses=400, seed=7, now=NOW)


def persons_of(world: DemoWorld, positions: np.ndarray) -> np.ndarray:
    return world.accounts.person[world.events.account[positions]]


def test_the_same_request_gives_the_same_world(world: DemoWorld) -> None:
    again = generate(users=600, courses=400, seed=7, now=NOW)
    assert again.courses.title == world.courses.title
    assert again.accounts.external_id == world.accounts.external_id
    for column in ("account", "course", "type", "value", "time"):
        np.testing.assert_array_equal(getattr(again.events, column), getattr(world.events, column))


def test_another_seed_gives_another_world(world: DemoWorld) -> None:
    other = generate(users=600, courses=400, seed=8, now=NOW)
    assert other.courses.title != world.courses.title
    assert other.events.message_id(0) != world.events.message_id(0)


def test_a_world_needs_people_and_a_course_for_each_platform() -> None:
    with pytest.raises(ValueError, match="at least one person"):
        generate(users=0, courses=10, now=NOW)
    with pytest.raises(ValueError, match="too few"):
        generate(users=1, courses=2, now=NOW)


def test_nothing_happens_outside_the_window_or_before_a_course_is_published(world: DemoWorld) -> None:
    events, courses = world.events, world.courses
    assert events.time.max() <= NOW
    assert events.time.min() >= NOW - (WINDOW_DAYS + 1) * DAY
    on_course = events.course != NO_COURSE
    looked = on_course & (events.type == EVENT_TYPES.index("view"))
    assert (events.time[looked] >= courses.published_at[events.course[looked]]).all()


def test_people_act_on_the_platforms_own_courses_only(world: DemoWorld) -> None:
    on_course = world.events.course != NO_COURSE
    of_account = world.accounts.platform[world.events.account[on_course]]
    of_course = world.courses.platform[world.events.course[on_course]]
    np.testing.assert_array_equal(of_account, of_course)


def test_people_look_at_what_their_cluster_is_drawn_to(world: DemoWorld) -> None:
    views = world.events.of_type("view")
    cluster = world.planted.cluster[persons_of(world, views)]
    topic = world.courses.topic[world.events.course[views]]
    everyone = np.bincount(topic, minlength=len(TOPICS)) / len(topic)
    for index, weights in enumerate(topic_weights()):
        favourites = np.argsort(-weights)[:4]
        own_share = np.isin(topic[cluster == index], favourites).mean()
        assert own_share > 3 * everyone[favourites].sum()


def test_most_categories_serve_several_clusters_which_topics_tell_apart() -> None:
    shares = topic_weights() / topic_weights().sum(axis=1, keepdims=True)
    by_category = shares @ (TOPIC_CATEGORY[:, None] == np.arange(len(CATEGORIES)))
    serving = (by_category > 0.1).sum(axis=0)
    assert np.median(serving) >= 2
    likeness = shares @ shares.T / np.sqrt(np.outer((shares**2).sum(axis=1), (shares**2).sum(axis=1)))
    np.fill_diagonal(likeness, 0.0)
    assert likeness.max() < 0.3


def test_liking_follows_taste(world: DemoWorld) -> None:
    def mean_match(type_name: str) -> float:
        positions = world.events.of_type(type_name)
        person, course = persons_of(world, positions), world.events.course[positions]
        return float(taste_match(world.planted, world.courses, person, course).mean())

    assert mean_match("like") > mean_match("view") + 0.05


def test_spending_follows_the_planted_tier(world: DemoWorld) -> None:
    purchases = world.events.of_type("purchase")
    tier = world.planted.spending[persons_of(world, purchases)]
    middle = [np.median(world.events.value[purchases[tier == index]]) for index in range(len(SPENDING_TIERS))]
    assert middle == sorted(middle)
    assert middle[-1] > 2 * middle[0]


def test_people_keep_their_hours(world: DemoWorld) -> None:
    views = world.events.of_type("view")
    pattern = world.planted.hours[persons_of(world, views)]
    hour = (world.events.time[views] + LOCAL_OFFSET) % DAY / 3_600
    names = [each.name for each in HOUR_PATTERNS]
    early, owl = hour[pattern == names.index("early bird")], hour[pattern == names.index("night owl")]
    assert ((early > 4) & (early < 12)).mean() > 0.7
    assert ((owl > 20) | (owl < 4)).mean() > 0.7


def test_values_are_what_the_event_types_allow(world: DemoWorld) -> None:
    events = world.events
    ratings, shares = events.value[events.of_type("rating")], events.value[events.of_type("complete")]
    assert set(np.unique(ratings)) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (events.value[events.of_type("purchase")] > 0).all()
    assert np.isnan(events.value[events.of_type("view")]).all()


def test_only_those_who_once_agreed_are_linked(world: DemoWorld) -> None:
    accounts = world.accounts
    agrees = accounts.consent[:, PURPOSES.index("cross_platform")]
    for group in np.flatnonzero(np.bincount(accounts.linked) > 1):
        members = np.flatnonzero(accounts.linked == group)
        assert len(set(accounts.person[members])) == 1
        assert (~agrees[members]).sum() <= 1


def test_one_leading_person_has_joined_everything_and_one_keeps_accounts_apart(world: DemoWorld) -> None:
    accounts = world.accounts
    joined, apart = (np.flatnonzero(accounts.person == person) for person in (JOINED, APART))
    assert len(joined) == len(PLATFORMS)
    assert len(set(accounts.linked[joined])) == 1
    assert accounts.consent[joined, :3].all()
    assert [PLATFORMS[index].slug for index in accounts.platform[apart]] == ["xuehai", "tingdao"]
    assert len(set(accounts.linked[apart])) == len(apart)
    assert not accounts.consent[apart, PURPOSES.index("cross_platform")].any()


def test_even_the_smallest_world_has_the_leading_persons() -> None:
    smallest = generate(users=2, courses=3, now=NOW)
    assert len(smallest.accounts) == len(PLATFORMS) + 2
    assert len(smallest.events) > 0


def test_ids_and_titles_differ_from_one_another(world: DemoWorld) -> None:
    for index in range(len(PLATFORMS)):
        ids = [world.courses.item_id[course] for course in np.flatnonzero(world.courses.platform == index)]
        assert len(set(ids)) == len(ids)
    assert len(set(world.courses.title)) > 0.97 * len(world.courses)


def places_of_clicks(world: DemoWorld, device: str) -> np.ndarray:
    """How many clicks came from each place of lists shown on this device."""
    answers = world.answers
    rows = np.flatnonzero((answers.followed >= 0) & (answers.device == DEVICES.index(device)))
    clicked = world.events.course[answers.followed[rows]]
    return np.bincount((answers.courses[rows] == clicked[:, None]).argmax(axis=1), minlength=LENGTH)


def test_lists_were_shown_of_which_what_stands_first_is_followed_most(world: DemoWorld) -> None:
    for device in DEVICES:
        places = places_of_clicks(world, device)
        assert places[:3].sum() > 1.5 * places[-3:].sum()
    phone, desktop = (places_of_clicks(world, device) for device in ("phone", "desktop"))
    assert phone[0] / phone.sum() > desktop[0] / desktop.sum(), "on a phone fewer places are looked at"


def test_lists_hold_courses_of_their_platform_that_were_published(world: DemoWorld) -> None:
    answers, courses = world.answers, world.courses
    assert (answers.time <= NOW).all()
    assert (answers.time > NOW - (DAYS + 1) * DAY).all()
    of_account = world.accounts.platform[answers.account]
    assert (courses.platform[answers.courses] == of_account[:, None]).all()
    assert (courses.published_at[answers.courses] <= answers.time[:, None]).mean() > 0.98
    assert np.mean([len(set(row)) == LENGTH for row in answers.courses.tolist()]) > 0.9


def test_clicks_name_the_list_that_they_came_from(world: DemoWorld) -> None:
    answers, events = world.answers, world.events
    followed = np.flatnonzero(answers.followed >= 0)
    assert 0 < len(followed) < len(answers)
    for row in followed.tolist():
        position = int(answers.followed[row])
        assert events.context[position] == {"recommendation_id": str(answers.ids[row])}
        assert events.account[position] == answers.account[row]
        assert events.time[position] > answers.time[row]
