"""The default gives courses that nobody met yet their places in everybody's lists, where they fit."""

import dataclasses

import numpy as np
import pytest

from recommend.algorithms.base import Histories, Interactions
from recommend.algorithms.ease import Ease
from recommend.algorithms.ensemble import Ensemble
from recommend.algorithms.ensemble import ensemble as ensemble_module
from recommend.algorithms.ensemble.members import Member
from recommend.algorithms.popularity import Popularity
from tests.recommend.planted import quick
from tests.recommend.test_content import COURSES, HIDDEN, TASTES, interactions, taste_of, with_words

PEOPLE = np.arange(60)


@pytest.fixture(scope="module")
def world() -> Interactions:
    return with_words(interactions())


@pytest.fixture(scope="module")
def model(world) -> Ensemble:
    return quick("ensemble").fit(world)


def lists(model, world: Interactions, places: int = 10) -> np.ndarray:
    histories = world.histories(PEOPLE)
    scores = model.scores(histories)
    scores[histories.people, histories.items] = -np.inf
    return np.argsort(-scores, axis=1)[:, :places]


def test_they_have_about_their_share_of_the_lists(model, world):
    share = np.isin(lists(model, world), HIDDEN).mean()
    assert 0.08 < share < 0.45, "a fifth of the courses"


def test_they_are_shown_to_those_they_are_for(model, world):
    first = lists(model, world)
    tastes = np.broadcast_to((PEOPLE % TASTES)[:, None], first.shape)
    is_unmet = np.isin(first, HIDDEN)
    assert np.mean(taste_of(first[is_unmet]) == tastes[is_unmet]) > 0.9


def test_the_order_of_all_others_is_as_if_they_were_not_there(model, world):
    with_them = model.scores(world.histories(PEOPLE))
    met = np.setdiff1d(np.arange(COURSES), HIDDEN)
    plain = np.zeros_like(with_them)
    for name, weight in model.weights(10).items():
        said = model.members[name].scores(world.histories(PEOPLE))
        plain += weight * (said - said.mean(axis=1, keepdims=True)) / said.std(axis=1, keepdims=True)
    np.testing.assert_allclose(with_them[:, met], plain[:, met], rtol=1e-3, atol=1e-3)


def test_the_member_who_knows_them_is_kept_for_them_even_if_nothing_else_speaks_for_it(world):
    """Descriptions that lie are no help with courses that were met, so nobody is heard about these who reads them."""
    random = np.random.default_rng(0)
    texts = random.permutation(np.array(world.descriptions.texts)).tolist()
    liars = dataclasses.replace(world, descriptions=dataclasses.replace(world.descriptions, texts=texts))
    model = quick("ensemble").fit(liars)
    assert "content" in model.members
    assert model.knows_unmet


def test_without_anybody_who_knows_them_they_stay_where_they_are(world, monkeypatch):
    monkeypatch.setattr(ensemble_module, "MEMBERS", (Member("popularity", Popularity), Member("ease", Ease)))
    model = quick("ensemble").fit(world)
    assert not model.knows_unmet
    assert np.isfinite(model.scores(Histories.single([1]))).all()


def test_reasons_for_them_are_the_courses_that_are_described_alike(model):
    course = int(HIDDEN[0])
    history = Histories.single([1, 6, 2, 3])
    parts = model.contributions(history, np.array([course, 7], dtype=np.int32))
    assert taste_of(history.items)[parts[:, 0].argmax()] == taste_of(np.array([course]))[0]
    whole = (model.scores(history) - model.scores(Histories.single([])))[0, [course, 7]]
    np.testing.assert_allclose(parts.sum(axis=0), whole, rtol=1e-3, atol=1e-3)


def test_similar_courses_are_found_for_them_and_among_them(model):
    to_unmet = np.argsort(-model.similar(int(HIDDEN[0])))[:8]
    assert np.mean(taste_of(to_unmet) == taste_of(HIDDEN[:1])[0]) > 0.8
    first = np.argsort(-model.similar(1))[:15]
    assert np.isin(first, HIDDEN).any()
    assert np.mean(taste_of(first) == taste_of(np.array([1]))[0]) > 0.7


def test_each_platform_places_its_own(world):
    platforms = (np.arange(COURSES) % 2).astype(np.int32)
    model = quick("ensemble").fit(dataclasses.replace(world, platform_of_item=platforms))
    scores = model.scores(world.histories(PEOPLE))
    for platform in (0, 1):
        own = np.flatnonzero(platforms == platform)
        first = own[np.argsort(-scores[:, own], axis=1)[:, :10]]
        assert 0.05 < np.isin(first, HIDDEN).mean() < 0.6


def test_it_is_stored_with_them(model, world, tmp_path):
    model.save(tmp_path)
    again = Ensemble.load(tmp_path)
    histories = world.histories(PEOPLE)
    assert np.array_equal(again.scores(histories), model.scores(histories))
    assert again.knows_unmet
