"""What lists are like: counted by hand; and one model beside another, with planted differences."""

import numpy as np
import pytest

from recommend.algorithms.base import Interactions
from recommend.evaluation import (
    Answers,
    Labels,
    answers_of,
    compare,
    differences_by_slice,
    lists,
    precision_recall_curve,
    report_of,
    slices_of,
)
from recommend.split import Split
from tests.recommend.planted import interactions_of, planted_interactions, quick


def listed(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=np.int32)


def split_of_last(interactions: Interactions) -> Split:
    """Everybody asked for the last of their courses."""
    asked = np.flatnonzero(np.append(interactions.users[1:] != interactions.users[:-1], True))
    kept = np.ones(len(interactions), bool)
    kept[asked] = False
    return Split(
        interactions.where(kept),
        interactions.users[asked].astype(np.int64),
        np.zeros(len(asked), np.int32),
        interactions.items[asked],
        np.arange(len(asked) + 1),
    )


def test_the_curve_of_precision_and_recall_counted_by_hand():
    hits = np.array([[True, False], [False, True]])
    curve = precision_recall_curve(hits, np.array([1, 2]))
    assert curve == [(1, 0.5, 0.5), (2, 0.5, 0.75)]
    assert precision_recall_curve(hits[:0], np.array([], dtype=np.int64)) == []


def test_coverage_is_the_share_of_the_catalogue_in_somebodys_list():
    assert lists.coverage(listed([0, 1], [1, -1]), n_items=8) == 0.25


def test_novelty_is_in_bits_and_nothing_for_what_everybody_knows():
    known = interactions_of([(0, 0), (1, 0), (2, 0), (0, 1), (0, 1)], n_users=3, n_items=2)
    assert lists.novelty(listed([0], [0]), known) == 0
    assert lists.novelty(listed([1]), known) == 1, "one of three, and the one who knows all"
    assert lists.novelty(listed([-1]), known) is None


def test_overlap_is_what_two_people_of_a_platform_have_in_common():
    one_platform = np.zeros(2, np.int32)
    assert lists.overlap(listed([0, 1], [1, 2]), one_platform) == 0.5
    assert lists.overlap(listed([0, 1], [0, 1]), one_platform) == 1
    assert lists.overlap(listed([0, 1], [0, 1]), np.array([1, 2])) is None, "nobody to share with"
    by_hand = np.mean([[len({*a} & {*b}) / 3 for b in ROWS] for a in ROWS]) * len(ROWS) - 1
    assert lists.overlap(listed(*ROWS), np.zeros(4, np.int32)) == pytest.approx(by_hand / (len(ROWS) - 1))


ROWS = [[0, 1, 2], [2, 3, 4], [0, 2, 5], [6, 7, 8]]


def test_diversity_is_the_chance_of_two_categories():
    groups = np.array([0, 0, 1, -1], np.int32)
    assert lists.diversity(listed([0, 1]), groups) == 0
    assert lists.diversity(listed([0, 1, 2]), groups) == pytest.approx(2 / 3)
    assert lists.diversity(listed([0, 3]), groups) is None, "of one nothing is known"


def test_a_list_with_the_categories_of_the_history_is_calibrated():
    known = interactions_of([(0, 0), (0, 2), (1, 0), (1, 1)], n_users=3, n_items=6)
    groups, people = np.array([0, 0, 1, 1, 0, -1], np.int32), np.array([0])
    assert lists.miscalibration(listed([1, 3]), known, people, groups) == pytest.approx(0, abs=1e-9)
    one_sided = lists.miscalibration(listed([1, 4]), known, people, groups)
    assert one_sided == pytest.approx(0.5 * np.log(0.5 / 0.995) + 0.5 * np.log(0.5 / 0.005))
    assert lists.miscalibration(listed([1, 4]), known, np.array([2]), groups) is None, "without a history"
    assert lists.miscalibration(listed([1, 4]), known, people, np.full(6, -1, np.int32)) is None


def test_a_planted_difference_is_in_its_interval_and_none_is_not_told_from_nothing():
    random, people = np.random.default_rng(1), np.arange(1_500)
    champion = random.random(1_500)
    better = compare(champion + random.normal(0.05, 0.2, 1_500), champion, people)
    assert better.low > 0
    assert better.low < 0.05 < better.high
    same = compare(champion + random.normal(0, 0.2, 1_500), champion, people)
    assert same.low < 0 < same.high
    assert compare(champion, champion, people).high == 0


def test_questions_of_one_person_are_no_independent_evidence():
    random = np.random.default_rng(2)
    values = np.repeat(random.normal(0, 1, 50), 20)
    together = compare(values, np.zeros(1_000), np.repeat(np.arange(50), 20))
    apart = compare(values, np.zeros(1_000), np.arange(1_000))
    assert together.people == 50
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_only_answers_to_the_same_questions_are_compared():
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(np.zeros(2), np.zeros(3), np.arange(2))
    with pytest.raises(ValueError, match="Nothing was asked"):
        compare(np.zeros(0), np.zeros(0), np.arange(0))


def test_a_report_tells_all_and_slices_tell_where():
    split = split_of_last(planted_interactions())
    ease = answers_of(quick("ease").fit(split.interactions), split, 20)
    report = report_of(ease, split, (np.arange(split.interactions.n_items) % 3).astype(np.int32))
    assert report.ndcg[10] == pytest.approx(ease.ndcg(10).mean())
    assert (report.curve[9][0], report.curve[9][2]) == (10, pytest.approx(report.recall[10]))
    assert 0 < report.coverage <= 1
    assert 0 < report.overlap < 1
    assert set(report.headline()) >= {"ndcg@10", "coverage@10", "novelty@10", "diversity@10", "miscalibration@10"}
    assert [(each.kind, each.name) for each in report.slices] == [("platform", "0"), ("history", "6-10")]
    assert report.slices[0].low < report.slices[0].ndcg < report.slices[0].high


def test_slices_of_few_people_are_not_told():
    split = split_of_last(planted_interactions())
    answers = answers_of(quick("popularity").fit(split.interactions), split, 10)
    few, many = np.arange(len(split)) < 29, np.arange(len(split)) < 30
    told = slices_of(answers, split, [Labels("segment", "few", few), Labels("segment", "many", many)])
    assert [each.name for each in told if each.kind == "segment"] == ["many"]


def test_slices_tell_for_whom_a_model_is_better():
    split = split_of_last(planted_interactions())
    best, none = np.zeros((len(split), 10), bool), np.zeros((len(split), 10), bool)
    half = np.arange(len(split)) % 2 == 0
    best[half, 0] = True
    columns, relevant = np.zeros((len(split), 10), np.int32), np.ones(len(split), np.int64)
    found = differences_by_slice(
        Answers(columns, best, relevant, 0),
        Answers(columns, none, relevant, 0),
        split,
        [Labels("segment", "helped", half), Labels("segment", "others", ~half)],
    )
    by_name = {each.name: each.difference.difference for each in found}
    assert (by_name["helped"], by_name["others"]) == (1, 0)


def test_scores_that_are_no_numbers_are_no_answers():
    class Broken:
        def scores(self, histories):
            return np.full((len(histories), 30), np.nan, np.float32)

    with pytest.raises(FloatingPointError, match="not numbers"):
        answers_of(Broken(), split_of_last(planted_interactions()), 10)
