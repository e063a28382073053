"""Recall and NDCG as the textbooks have them, and a protocol that gives nobody their own training items."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommend.algorithms.base import EmptyDataset, InvalidConfig
from recommend.algorithms.registry import ALGORITHMS
from recommend.datasets import Record, open_dataset
from recommend.evaluation import accuracy_of, configured, evaluate, first_columns, ndcg, recall
from recommend.split import Split, is_held_out, split_of
from tests.recommend.planted import planted_interactions, quick


def _split(directory: Path, format_name: str, **files: str) -> Split:
    for name, content in files.items():
        (directory / name.replace("__", ".")).write_text(content)
    return split_of(open_dataset(format_name, directory), lambda broken: None, lambda *report: None)


def test_recall_and_ndcg_of_a_list_counted_by_hand():
    hits = np.array([[True, False, True, False], [False, False, False, False]])
    relevant = np.array([3, 1])
    # gains 1 / log2(2) and 1 / log2(4) against 1 / log2(2) + 1 / log2(3) + 1 / log2(4)
    np.testing.assert_allclose(recall(hits, relevant, 4), [2 / 3, 0])
    np.testing.assert_allclose(ndcg(hits, relevant, 4), [1.5 / (1.5 + 1 / np.log2(3)), 0])


def test_the_ideal_list_is_cut_at_k():
    hits = np.array([[True, True]])
    relevant = np.array([5])
    assert ndcg(hits, relevant, 2) == pytest.approx(1)
    assert recall(hits, relevant, 2) == pytest.approx(2 / 5)


@given(arrays(bool, (4, 20)), st.integers(0, 30))
def test_both_stay_between_nothing_and_all(hits, more):
    relevant = np.maximum(hits.sum(axis=1), 1) + more
    for k in (10, 20):
        for values in (recall(hits, relevant, k), ndcg(hits, relevant, k)):
            assert np.all((values >= 0) & (values <= 1 + 1e-12))
    assert np.all(recall(hits, relevant, 10) <= recall(hits, relevant, 20))


@given(arrays(np.float32, (3, 12), elements=st.floats(-5, 5, width=32)), st.integers(1, 15))
def test_the_first_columns_are_those_of_the_highest_scores(scores, count):
    columns = first_columns(scores, count)
    expected = -np.sort(-scores, axis=1)[:, :count]
    np.testing.assert_array_equal(np.take_along_axis(scores, columns, axis=1), expected)


def test_training_items_are_not_ranked_and_test_items_are_counted(tmp_path):
    # By popularity 10 comes first, then 11, then 12; person 1 has 10 and is asked for 11, person 2 for 12 and 99.
    split = _split(tmp_path, "sequences", train__txt="1 10\n2 10\n3 10 11 12\n4 10 11\n", test__txt="1 11\n2 12 99\n")
    result = evaluate(*configured([ALGORITHMS["popularity"]], {}), split)
    assert (result.users, result.items, result.interactions) == (4, 4, 7)
    second_place, third_place = 1 / np.log2(3), 1 / np.log2(4)
    assert result.recall_10 == 1
    assert result.ndcg_10 == pytest.approx((1 + (second_place + third_place) / (1 + second_place)) / 2, abs=1e-6)


def test_a_test_item_of_the_training_part_is_never_found(tmp_path):
    split = _split(tmp_path, "interactions", train__txt="1 10 11\n2 10\n", test__txt="1 10\n")
    assert evaluate(quick("popularity"), split).recall_20 == 0


def test_a_person_without_training_items_is_asked_too(tmp_path):
    split = _split(tmp_path, "interactions", train__txt="1 10\n", test__txt="5 10\n")
    assert evaluate(quick("popularity"), split).recall_10 == 1


def test_a_repeated_test_item_is_one_item(tmp_path):
    split = _split(tmp_path, "interactions", train__txt="1 10\n2 11\n", test__txt="1 11 11\n")
    assert split.items.tolist() == [1]


def test_only_items_of_the_platform_asked_about_are_ranked(tmp_path):
    split = _split(
        tmp_path,
        "pairs",
        book_train__txt="1 1\n2 1\n3 1\n3 2\n",
        book_test__txt="9 2\n",
        music_train__txt="1 7\n1 1\n",
        music_test__txt="3 7\n3 1\n",
    )
    assert split.interactions.n_items == 4
    assert split.people.tolist() == [2, 3]
    assert [split.interactions.platforms[items].tolist() for items in (split.items,)] == [[1, 1, 0]]
    result = evaluate(quick("popularity"), split)
    assert result.recall_10 == 1
    assert result.ndcg_10 == pytest.approx((1 + 1 / np.log2(3)) / 2, abs=1e-6)


def test_the_order_of_sequences_is_the_time_and_without_order_all_times_are_one(tmp_path):
    files = {"train__txt": "1 10 11 12\n", "test__txt": "1 13\n"}
    assert _split(tmp_path, "sequences", **files).interactions.times.tolist() == [0, 1, 2]
    assert _split(tmp_path, "interactions", **files).interactions.times.tolist() == [0, 0, 0]


def test_some_liked_ratings_are_held_out_and_always_the_same_ones(tmp_path):
    lines = [f"{user}\t{item}\t{1 + (user + item) % 5}" for user in range(20) for item in range(20)]
    first = _split(tmp_path, "ratings", book_ratings__tsv="\n".join(lines))
    second = _split(tmp_path, "ratings", book_ratings__tsv="\n".join(reversed(lines)))
    assert first.items.tolist() == second.items.tolist()
    assert len(first.interactions) + len(first.items) == 400
    assert 15 < len(first.items) < 50  # a fifth of the 160 that were liked
    np.testing.assert_allclose(first.interactions.weights.max(), 1)
    np.testing.assert_allclose(first.interactions.weights.min(), 0.2)


def test_only_ratings_of_four_and_five_are_held_out():
    for user in range(200):
        assert not is_held_out(Record("book", user, 1, rating=3.9))
        assert not is_held_out(Record("book", user, 1))
    assert any(is_held_out(Record("book", user, 1, rating=4)) for user in range(200))


@pytest.mark.parametrize(("files", "what"), [(("", "1 2\n"), "train on"), (("1 2\n", ""), "test on")])
def test_an_empty_part_is_said(tmp_path, files, what):
    with pytest.raises(EmptyDataset, match=what):
        _split(tmp_path, "sequences", train__txt=files[0], test__txt=files[1])


def test_a_setting_goes_to_the_algorithms_that_have_it():
    models = configured([ALGORITHMS[name] for name in ("popularity", "ease", "content")], {"recency_half_life": "4"})
    assert [getattr(model.config, "recency_half_life", None) for model in models] == [None, 4, 4]


def test_popularity_does_not_forget_by_age_where_times_are_only_an_order():
    assert configured([ALGORITHMS["popularity"]], {})[0].config.half_life_days == 0
    assert configured([ALGORITHMS["popularity"]], {"half_life_days": "3"})[0].config.half_life_days == 3


def test_a_setting_that_no_chosen_algorithm_has_is_refused():
    with pytest.raises(InvalidConfig, match=r"'regularization'; there are compact, half_life_days"):
        configured([ALGORITHMS["popularity"]], {"regularization": "4"})


ON_ONE_PLATFORM = [name for name in ALGORITHMS if name != "cross_platform"]


def test_in_a_planted_world_models_that_look_at_the_history_beat_popularity():
    interactions = planted_interactions()
    held_back = np.arange(7, len(interactions), 8)
    split = Split(
        interactions.where(~np.isin(np.arange(len(interactions)), held_back)),
        interactions.users[held_back].astype(np.int64),
        np.zeros(len(held_back), np.int32),
        interactions.items[held_back],
        np.arange(len(held_back) + 1),
    )
    reached = {name: accuracy_of(quick(name).fit(split.interactions), split).ndcg[10] for name in ON_ONE_PLATFORM}
    assert reached["ease"] > 1.5 * reached["popularity"]
    assert reached["bilinear"] > 1.5 * reached["popularity"]
    assert reached["content"] > 1.5 * reached["popularity"]
