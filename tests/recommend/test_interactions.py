"""The columns that models learn and answer from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommend.algorithms.examples import Events
from recommend.algorithms.interactions import EmptyDataset, Histories, Interactions, damped
from tests.recommend.planted import interactions_of

events = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.5, 1, 4]), st.integers(0, 8)), max_size=15)


def _ragged(people: list[list[tuple[int, float, int]]]) -> Histories:
    """Histories of several people, each sorted by time."""
    rows = [event for person in people for event in sorted(person, key=lambda event: event[2])]
    items, weights, times = zip(*rows, strict=True) if rows else ((), (), ())
    offsets = np.concatenate([[0], np.cumsum([len(person) for person in people])]).astype(np.int64)
    return Histories(np.array(items, np.int32), np.array(weights, np.float32), np.array(times, float), offsets)


def _one(person: list[tuple[int, float, int]]) -> Histories:
    return _ragged([person])


def test_the_histories_of_people_are_asked_for_in_any_order_and_come_oldest_first():
    interactions = Interactions(
        np.array([1, 0, 1, 1], np.int32),
        np.array([5, 6, 7, 8], np.int32),
        np.ones(4, np.float32),
        np.array([30.0, 1, 10, 20]),
        3,
        9,
    )
    histories = interactions.histories(np.array([2, 1, 0, 1]))
    assert histories.offsets.tolist() == [0, 0, 3, 4, 7]
    assert histories.items.tolist() == [7, 8, 5, 6, 7, 8, 5]


def test_columns_of_different_length_are_refused():
    interactions = interactions_of([(0, 0), (0, 1)])
    shorter = Interactions(interactions.users[:1], interactions.items, interactions.weights, interactions.times, 1, 2)
    with pytest.raises(EmptyDataset, match="differ in length"):
        shorter.require_learnable()


def test_weights_of_zero_and_below_are_refused():
    interactions = interactions_of([(0, 0), (0, 1)])
    interactions.weights[1] = 0
    with pytest.raises(EmptyDataset, match="above 0"):
        interactions.require_learnable()


def test_a_single_history_is_put_in_order_of_time():
    history = Histories.single([1, 2, 3], weights=[1, 2, 3], times=[30, 10, 20])
    assert history.items.tolist() == [2, 3, 1]
    assert history.weights.tolist() == [2, 3, 1]


def test_a_single_history_without_times_stands_as_given():
    assert Histories.single([9, 2, 5]).recency(1).tolist() == [0.25, 0.5, 1]


def test_each_course_once_at_its_latest_time_with_all_its_weight():
    history = Histories.single([1, 2, 1, 3], weights=[1, 1, 2, 1], times=[0, 1, 2, 3]).distinct()
    assert history.items.tolist() == [2, 1, 3]
    assert history.weights.tolist() == [1, 3, 1]
    assert history.times.tolist() == [1, 2, 3]


@given(st.lists(events, min_size=2, max_size=4))
def test_a_person_alone_is_made_distinct_like_a_person_among_others(people):
    together = _ragged(people).distinct()
    for number, person in enumerate(people):
        alone = _one(person).distinct()
        rows = slice(together.offsets[number], together.offsets[number + 1])
        assert alone.items.tolist() == together.items[rows].tolist()
        assert alone.weights.tolist() == together.weights[rows].tolist()
        assert alone.times.tolist() == together.times[rows].tolist()


@given(st.lists(events, min_size=2, max_size=4), st.sampled_from([0, 0.5, 3]))
def test_a_person_alone_is_as_fresh_as_among_others(people, half_life):
    together = _ragged(people)
    freshness = together.recency(half_life)
    for number, person in enumerate(people):
        rows = slice(together.offsets[number], together.offsets[number + 1])
        np.testing.assert_array_equal(_one(person).recency(half_life), freshness[rows])


@given(events)
def test_the_latest_event_is_always_quite_fresh_and_none_is_fresher(person):
    freshness = _one(person).recency(2)
    assert np.all((freshness > 0) & (freshness <= 1))
    assert np.all(np.diff(freshness) >= 0)
    assert not len(freshness) or freshness[-1] == 1


@given(events)
def test_shared_strengths_add_up_to_the_strengths_of_the_courses(person):
    history = _one(person)
    shared = np.bincount(history.items, weights=history.shared_strengths(2), minlength=6)
    distinct = history.distinct()
    expected = np.bincount(distinct.items, weights=distinct.strengths(2), minlength=6)
    np.testing.assert_allclose(shared, expected, rtol=1e-5)


def test_a_matrix_holds_summed_weights_or_ones():
    interactions = interactions_of([(0, 1), (0, 1), (1, 0)])
    assert interactions.matrix().toarray().tolist() == [[0, 2], [1, 0]]
    assert interactions.matrix(binary=True).toarray().tolist() == [[0, 1], [1, 0]]
    histories = interactions.histories(np.array([1, 0]))
    assert histories.matrix(2).toarray().tolist() == [[1, 0], [0, 2]]


def test_an_ordinary_event_counts_one_and_repeating_it_ever_less():
    np.testing.assert_allclose(damped(np.array([0, 1, 3, 127], np.float32)), [0, 1, 2, 7])


def test_an_example_looks_back_on_what_came_before_it_alone():
    events = Events.of(interactions_of([(0, 4), (0, 5), (0, 6), (1, 7)]), np.random.default_rng(0))
    contexts = events.contexts(np.array([2, 0, 3]), length=10, half_life=1)
    assert contexts.offsets.tolist() == [0, 2, 2, 2]
    assert events.items[contexts.rows].tolist() == [4, 5]
    assert contexts.strengths.tolist() == [0.5, 1]


def test_an_example_of_unknown_order_looks_at_everything_else_alike():
    interactions = Interactions(
        np.zeros(3, np.int32), np.array([4, 5, 6], np.int32), np.ones(3, np.float32), np.zeros(3), 1, 7
    )
    events = Events.of(interactions, np.random.default_rng(0))
    contexts = events.contexts(np.array([1]), length=10, half_life=1)
    assert sorted(events.items[contexts.rows]) == sorted(np.delete(events.items, 1))
    assert contexts.strengths.tolist() == [1, 1]


def test_held_out_are_latest_events_of_people_with_more_than_one():
    rows = [(user, item) for user in range(40) for item in range(3)] + [(40, 0)]
    events = Events.of(interactions_of(rows), np.random.default_rng(0))
    held_out = events.held_out(0.5, 1000, np.random.default_rng(0))
    assert len(held_out) == 20
    assert set(events.items[held_out]) == {2}
    assert len(events.held_out(0.5, 12, np.random.default_rng(0))) == 12
    assert len(events.held_out(0.1, 1000, np.random.default_rng(0))) == 0
