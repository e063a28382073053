"""The ensemble listens to those who know, in each situation, and answers no worse than the best of them."""

import dataclasses

import numpy as np
import pytest

from recommend.algorithms.base import EmptyDataset, Histories, Interactions
from recommend.algorithms.ease import Ease
from recommend.algorithms.ensemble import ensemble as ensemble_module
from recommend.algorithms.ensemble import weighing
from recommend.algorithms.ensemble.context import SHAPE, buckets
from recommend.algorithms.ensemble.members import Member
from recommend.algorithms.ensemble.questions import questions_of
from recommend.algorithms.ensemble.weighing import Ballots
from recommend.algorithms.popularity import Popularity
from recommend.algorithms.registry import DEFAULT, algorithm
from tests.recommend.planted import N_ITEMS, interactions_of, planted_interactions, quick


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    return planted_interactions()


@pytest.fixture(scope="module")
def model(interactions):
    return quick("ensemble").fit(interactions)


def hidden_courses(interactions: Interactions) -> tuple[Interactions, np.ndarray, np.ndarray]:
    """Everybody's last course hidden: what remains, and whose course was which."""
    last = np.flatnonzero(np.append(interactions.users[1:] != interactions.users[:-1], True))
    kept = np.ones(len(interactions), bool)
    kept[last] = False
    return interactions.where(kept), interactions.users[last], interactions.items[last]


def hits(model, known: Interactions, people: np.ndarray, courses: np.ndarray) -> float:
    histories = known.histories(people)
    scores = model.scores(histories)
    scores[histories.people, histories.items] = -np.inf
    return float(np.mean((scores > scores[np.arange(len(people)), courses][:, None]).sum(axis=1) < 5))


class TestMembers:
    """Who takes part, and who is heard."""

    def test_the_default_is_the_ensemble(self):
        assert algorithm(DEFAULT) is algorithm("ensemble")

    def test_one_who_cannot_learn_is_left_out(self, interactions):
        without_descriptions = dataclasses.replace(interactions, descriptions=None)
        assert "content" not in quick("ensemble").fit(without_descriptions).members

    def test_where_nobody_can_learn_the_reason_is_told(self, interactions, monkeypatch):
        class Hopeless(Popularity):
            name = "hopeless"

            def fit(self, interactions, progress=None):
                raise EmptyDataset("There is no light.")

        monkeypatch.setattr(ensemble_module, "MEMBERS", (Member("hopeless", Hopeless),))
        with pytest.raises(EmptyDataset, match="no light"):
            quick("ensemble").fit(interactions)

    def test_one_who_is_too_dear_is_not_asked(self, interactions, monkeypatch):
        members = Member("popularity", Popularity), Member("ease", Ease, is_worth_trying=lambda known: False)
        monkeypatch.setattr(ensemble_module, "MEMBERS", members)
        assert list(quick("ensemble").fit(interactions).members) == ["popularity"]

    def test_members_learn_what_was_hidden_in_the_end(self, interactions):
        complete, partial = quick("ensemble").fit(interactions), quick("ensemble", completes=False).fit(interactions)
        popularity = np.bincount(interactions.items, minlength=N_ITEMS)
        assert np.array_equal(complete.members["popularity"].arrays()["popularity"] > 0, popularity > 0)
        assert partial.members["popularity"].arrays()["popularity"].sum() < (
            complete.members["popularity"].arrays()["popularity"].sum()
        )

    def test_the_half_life_is_handed_on(self, interactions):
        model = quick("ensemble", half_life_days=0).fit(interactions)
        assert model.members["popularity"].config.half_life_days == 0


class TestAnswers:
    """What it says."""

    def test_it_is_no_worse_than_its_best_member(self):
        known, people, courses = hidden_courses(planted_interactions(seed=5))
        model = quick("ensemble").fit(known)
        singles = {name: hits(quick(name).fit(known), known, people, courses) for name in ("popularity", "spectral")}
        assert hits(model, known, people, courses) >= max(singles.values()) - 0.05

    def test_nobody_known_is_told_what_is_popular(self, model):
        popular = model.members["popularity"].scores(Histories.single([]))[0]
        assert np.array_equal(
            np.argsort(-model.scores(Histories.single([]))[0], kind="stable"), np.argsort(-popular, kind="stable")
        )

    def test_scores_are_weighted_standings(self, model, interactions):
        history = interactions.histories(np.array([4]))
        weights = model.weights(len(history.items))
        expected = np.zeros(N_ITEMS)
        for name, member in model.members.items():
            said = member.scores(history)[0].astype(np.float64)
            expected += weights[name] * (said - said.mean()) / said.std()
        np.testing.assert_allclose(model.scores(history)[0], expected, rtol=1e-3, atol=1e-4)

    def test_each_platform_has_its_own_standard(self, interactions):
        platforms = (np.arange(N_ITEMS) >= 15).astype(np.int32)
        model = quick("ensemble").fit(dataclasses.replace(interactions, platform_of_item=platforms))
        scores = model.scores(interactions.histories(np.arange(10)))
        for platform in (0, 1):
            np.testing.assert_allclose(scores[:, platforms == platform].mean(axis=1), 0, atol=1e-4)

    def test_contributions_keep_the_order_that_members_give_to_causes(self, model):
        history = Histories.single([1, 5, 6])
        items = np.array([4], dtype=np.int32)
        slopes = np.zeros((3, 1))
        weights = model.weights(3)
        for name, member in model.members.items():
            if member.is_personal:
                slopes += weights[name] / member.scores(history).std() * member.contributions(history, items)
        assert np.array_equal(np.argsort(model.contributions(history, items)[:, 0]), np.argsort(slopes[:, 0]))


class TestQuestions:
    """What members are asked."""

    def test_the_course_met_last_is_hidden_where_the_order_is_known(self, interactions):
        kept, questions = questions_of(interactions, 10_000, 0)
        last = np.append(interactions.users[1:] != interactions.users[:-1], True)
        assert np.array_equal(~kept, last)
        whole = ~questions.is_short
        assert whole.sum() == last.sum()
        assert np.array_equal(questions.answers[: last.sum()], interactions.items[last])

    def test_a_fifth_is_hidden_where_it_is_not(self):
        interactions = interactions_of([(user, item) for user in range(20) for item in range(10)])
        interactions.times[:] = 0
        kept, _questions = questions_of(interactions, 10_000, 0)
        assert np.array_equal(np.bincount(interactions.users[~kept]), np.full(20, 2))

    def test_what_weighs_most_is_hidden_first(self):
        interactions = interactions_of([(user, item) for user in range(20) for item in range(10)])
        interactions.times[:] = 0
        interactions.weights[:] = np.where(interactions.items < 5, 0.2, 1)
        kept, _questions = questions_of(interactions, 10_000, 0)
        assert interactions.items[~kept].min() >= 5

    def test_too_few_people_are_not_asked(self):
        assert questions_of(interactions_of([(0, 0), (0, 1), (1, 0)]), 100, 0) is None

    def test_no_answer_is_in_the_history_and_none_was_learned(self, interactions):
        kept, questions = questions_of(interactions, 50, 0)
        known = interactions.where(kept)
        met = set(zip(known.users.tolist(), known.items.tolist(), strict=True))
        hidden = set(zip(interactions.users[~kept].tolist(), interactions.items[~kept].tolist(), strict=True))
        assert not met & hidden
        for row in range(len(questions)):
            history = questions.histories
            own = history.items[history.offsets[row] : history.offsets[row + 1]]
            assert not set(own) & set(questions.answers[questions.offsets[row] : questions.offsets[row + 1]])


def ballots(knowing: np.ndarray, situations: np.ndarray, seed: int = 0) -> Ballots:
    """Questions with 30 candidates and one answer, which member m knows with clearness `knowing[question, m]`."""
    random = np.random.default_rng(seed)
    size = len(knowing)
    standings = random.normal(size=(size, 30, knowing.shape[1])).astype(np.float32)
    standings[:, 0] += knowing
    is_answer = np.zeros((size, 30), bool)
    is_answer[:, 0] = True
    return Ballots(standings, np.ones_like(is_answer), is_answer, np.ones(size, int), situations, np.zeros(size, bool))


class TestWeights:
    """Whom it trusts."""

    def test_those_who_know_more_weigh_more_and_those_who_know_nothing_are_dropped(self):
        knowing = np.tile([2.0, 1.0, 0.0], (600, 1))
        weights = weighing.learned(ballots(knowing, np.full(600, 5)), [False] * 3)[5]
        assert weights[0] > weights[1] > 0
        assert weights[2] == 0

    def test_weights_follow_the_situation(self):
        few, many = int(buckets(np.array(1), np.array(0))), int(buckets(np.array(40), np.array(0)))
        knowing = np.concatenate([np.tile([2.0, 0.5], (400, 1)), np.tile([0.5, 2.0], (400, 1))])
        table = weighing.learned(ballots(knowing, np.repeat([few, many], 400)), [False, False])
        assert table[few, 0] > table[few, 1]
        assert table[many, 0] < table[many, 1]

    def test_situations_that_nobody_was_asked_in_get_the_weights_of_all(self):
        table = weighing.learned(ballots(np.tile([1.0, 2.0], (100, 1)), np.full(100, 7)), [False, False])
        assert np.array_equal(table[3], table[9])

    def test_equals_win_nothing(self):
        flat = ballots(np.zeros((50, 1)), np.zeros(50, int))
        assert weighing.ndcg(flat, np.array([0.0])) == 0

    def test_without_questions_all_who_look_at_people_are_heard_alike(self):
        table = weighing.without_questions([True, False, False])
        assert table.shape == (SHAPE[0] * SHAPE[1], 3)
        assert table[0].tolist() == [1, 0, 0]
        assert table[5].tolist() == [0, 1, 1]
