"""Taste is carried from one platform to another by people who are on both."""

import numpy as np
import pytest

from recommend.algorithms.base import EmptyDataset, Histories, Interactions
from recommend.algorithms.cross_platform import CrossPlatform, CrossPlatformConfig
from recommend.algorithms.ease import Ease
from recommend.algorithms.ensemble import Ensemble
from recommend.algorithms.ensemble.members import each_platform_apart
from recommend.algorithms.ensemble.questions import questions_of
from tests.recommend.planted import GROUPS

PER_PLATFORM = 30
HERE = np.arange(PER_PLATFORM)
THERE = PER_PLATFORM + HERE


def two_platforms(seed: int = 0, people: int = 150, n_platforms: int = 2) -> Interactions:
    """Five courses a person on each platform, nine in ten of the person's group; lower numbers are more popular."""
    random = np.random.default_rng(seed)
    users, items = [], []
    for user in range(people):
        for platform in range(n_platforms):
            own = HERE % GROUPS == user % GROUPS
            chances = np.where(own, 9.0, 0.5) / (2 + HERE / 4)
            chosen = random.choice(PER_PLATFORM, 5, replace=False, p=chances / chances.sum())
            users += [user] * 5
            items += (platform * PER_PLATFORM + chosen).tolist()
    return Interactions(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.ones(len(users), np.float32),
        np.zeros(len(users)),
        people,
        n_platforms * PER_PLATFORM,
        np.repeat(np.arange(n_platforms, dtype=np.int32), PER_PLATFORM),
    )


def trained(interactions: Interactions) -> CrossPlatform:
    return CrossPlatform(CrossPlatformConfig(axes=4)).fit(interactions)


def first_of(scores: np.ndarray, columns: np.ndarray, count: int = 5) -> np.ndarray:
    return columns[np.argsort(-scores[columns])[:count]]


@pytest.fixture(scope="module")
def model() -> CrossPlatform:
    return trained(two_platforms())


@pytest.mark.parametrize("group", range(GROUPS))
def test_newcomers_are_recommended_what_people_of_their_taste_elsewhere_chose(model, group):
    scores = model.scores(Histories.single(THERE[[group, group + GROUPS]]))[0]
    assert np.mean(first_of(scores, HERE) % GROUPS == group) >= 0.8


def test_newcomers_get_better_lists_than_what_is_popular():
    world = two_platforms(seed=1)
    newcomers = np.arange(50)
    hidden = (world.users < 50) & (world.items < PER_PLATFORM)
    model = trained(world.where(~hidden))
    popularity = np.bincount(world.items[~hidden], minlength=world.n_items)
    scores = model.scores(world.where(~hidden).histories(newcomers))
    chosen = world.where(hidden).matrix(binary=True).toarray()[newcomers]
    foretold = sum(chosen[person, first_of(scores[person], HERE)].sum() for person in newcomers)
    popular = sum(chosen[person, first_of(popularity, HERE)].sum() for person in newcomers)
    assert foretold > 1.5 * popular


def test_what_was_done_on_a_platform_says_nothing_for_its_own_courses(model):
    nobody, somebody = model.scores(Histories.single([]))[0], model.scores(Histories.single(HERE[:4]))[0]
    np.testing.assert_allclose(somebody[HERE], nobody[HERE])
    assert not np.allclose(somebody[THERE], nobody[THERE])


def test_people_of_one_platform_alone_neither_help_nor_harm():
    world = two_platforms()
    strangers = 200
    random = np.random.default_rng(3)
    more = Interactions(
        np.concatenate([world.users, np.arange(150, 150 + strangers, dtype=np.int32)]),
        np.concatenate([world.items, random.choice(HERE, strangers).astype(np.int32)]),
        np.ones(len(world) + strangers, np.float32),
        np.zeros(len(world) + strangers),
        150 + strangers,
        world.n_items,
        world.platform_of_item,
    )
    scores = trained(more).scores(Histories.single(THERE[[1, 4]]))[0]
    assert np.mean(first_of(scores, HERE) % GROUPS == 1) >= 0.8


def test_reasons_are_events_of_the_other_platform(model):
    history = Histories.single([HERE[0], THERE[1], HERE[2], THERE[4]])
    parts = model.contributions(history, np.array([HERE[7], THERE[10]], np.int32))
    assert (parts[[0, 2], 0] == 0).all()
    assert (parts[[1, 3], 0] > 0).all()
    assert (parts[[1, 3], 1] == 0).all()


def test_tastes_of_several_platforms_add_up():
    model = trained(two_platforms(n_platforms=3))
    third = 2 * PER_PLATFORM + HERE
    one = model.scores(Histories.single([HERE[1], HERE[4]]))[0]
    both = model.scores(Histories.single([HERE[1], HERE[4], THERE[1], THERE[4]]))[0]
    nobody = model.scores(Histories.single([]))[0]
    fit = third[third % GROUPS == 1]
    assert (both - nobody)[fit].mean() > (one - nobody)[fit].mean() > 0


def test_a_platform_that_shares_nobody_is_answered_by_what_is_chosen_there():
    world = two_platforms(n_platforms=3)
    alone = (world.platforms[world.items] == 2) != (world.users >= 100)
    model = trained(world.where(~alone))
    third = 2 * PER_PLATFORM + HERE
    nobody, somebody = model.scores(Histories.single([]))[0], model.scores(Histories.single(THERE[:3]))[0]
    np.testing.assert_allclose(somebody[third], nobody[third], atol=1e-6)
    assert nobody[third].any()


def test_platforms_without_common_people_are_refused():
    world = two_platforms()
    alone = (world.users % 2 == 0) == (world.items < PER_PLATFORM)
    with pytest.raises(EmptyDataset, match="two platforms"):
        trained(world.where(alone))


def test_the_same_seed_gives_the_same_model(model):
    again = trained(two_platforms())
    history = Histories.single(THERE[:3])
    np.testing.assert_array_equal(again.scores(history), model.scores(history))


def test_more_of_one_course_is_one_taste_not_two(model):
    once = model.scores(Histories.single([THERE[1]]))[0]
    often = model.scores(Histories.single([THERE[1]] * 5))[0]
    assert np.mean(first_of(often, HERE) == first_of(once, HERE)) >= 0.8


class TestInTheEnsemble:
    def test_some_people_are_made_newcomers_and_asked_about_all_they_did_there(self):
        world = two_platforms()
        kept, questions = questions_of(world, most=1000, seed=0)
        known = world.where(kept)
        there = np.zeros((150, 2), int)
        np.add.at(there, (known.users, known.platforms[known.items]), 1)
        assert (there == 0).any(axis=1).sum() == 30
        assert (there.sum(axis=1) > 0).all()
        own = world.platforms[questions.histories.items] == questions.platforms[questions.histories.people]
        is_new = np.bincount(questions.histories.people[own], minlength=len(questions)) == 0
        assert is_new.sum() == 30
        assert set(np.diff(questions.offsets)[is_new]) == {5}

    def test_newcomers_are_answered_by_what_they_did_elsewhere(self):
        model = Ensemble().fit(two_platforms(people=300))
        scores = model.scores(Histories.single(THERE[[1, 4, 7]]))[0]
        assert np.mean(first_of(scores, HERE) % GROUPS == 1) >= 0.8

    def test_one_platform_alone_does_without(self):
        assert "cross_platform" not in Ensemble().fit(two_platforms(n_platforms=1)).members

    def test_some_members_learn_of_each_platform_alone(self):
        world = two_platforms()
        model = Ease().fit(each_platform_apart(world))
        weights = model.arrays()["item_weights"]
        assert np.abs(weights[np.ix_(HERE, THERE)]).max() < 1e-6
