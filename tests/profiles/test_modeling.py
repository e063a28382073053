"""What the numbers of a profile mean, on events few enough to count by hand."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from profiles import pictures
from profiles.modeling import drift, hours, latent_classes, vectors
from profiles.modeling.columns import CODE, DAY, CourseColumns, EventColumns
from profiles.modeling.features import Features, features
from profiles.modeling.profile_model import score
from profiles.modeling.topics import CourseText, find_topics, tokens

MONDAY = 4 * DAY
"""The first Monday since the epoch, 0 o'clock."""
NOW = MONDAY + 400 * DAY
COURSES = CourseColumns(
    category=np.array([0, 0, 1, -1]),
    kind=np.zeros(4, dtype=np.int64),
    price=np.array([0, 10_000, 20_000, -1]),
    topics=np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
    categories=("code", "money"),
)


def told(*rows: tuple[int, str, int, float, float], persons: int = 1) -> Features:
    """The features of events given as (person, type, course, value, time)."""
    person, types, course, value, time = zip(*rows) if rows else ((), (), (), (), ())
    whole = np.array(person, dtype=np.int64)
    moments = np.array(time, dtype=np.float64)
    events = EventColumns(
        person=whole,
        account=whole,
        platform=np.zeros(len(rows), dtype=np.int64),
        course=np.array(course, dtype=np.int64),
        type=np.array([CODE[name] for name in types], dtype=np.int64),
        value=np.array(value, dtype=np.float64),
        engagement=np.ones(len(rows)),
        time=moments,
        local=moments,
        n_persons=persons,
        n_platforms=1,
    )
    return features(events, COURSES, np.array([1.0, 15_000.0]), NOW)


def test_an_older_interest_weighs_half_after_sixty_days() -> None:
    found = told((0, "view", 0, np.nan, NOW - 60 * DAY), (0, "view", 2, np.nan, NOW))
    np.testing.assert_allclose(found.categories, [[1 / 3, 2 / 3]])
    np.testing.assert_allclose(found.topics, [[1 / 3, 2 / 3]])


def test_a_refund_takes_back_what_was_spent_but_the_order_stays() -> None:
    found = told((0, "purchase", 1, 10_000, NOW), (0, "purchase", 2, 20_000, NOW), (0, "refund", 2, 20_000, NOW))
    assert found.spent.tolist() == [10_000]
    assert found.orders.tolist() == [2]


def test_a_long_evening_counts_as_one_visit() -> None:
    evening = MONDAY + 20.5 * 3_600
    found = told(*((0, "view", 0, np.nan, evening + 600 * step) for step in range(5)))
    assert found.visits.sum() == 1
    assert found.visits[0, 0, 20] == 1


def test_verified_acts_are_trusted_more_than_clicks() -> None:
    clicks = [(0, "click", 0, np.nan, NOW - step) for step in range(20)]
    found = told(*clicks, (1, "purchase", 1, 10_000, NOW), (1, "complete", 1, 1.0, NOW), persons=2)
    assert found.trust[1] > 3 * found.trust[0] > 0


def test_completion_is_the_mean_share_and_most_of_a_course_is_a_completed_one() -> None:
    found = told((0, "complete", 0, 0.5, NOW), (0, "complete", 1, 0.8, NOW), (1, "view", 0, np.nan, NOW), persons=2)
    assert found.completion[0] == pytest.approx(0.65)
    assert found.completed.tolist() == [1, 0]
    assert np.isnan(found.completion[1])


def test_who_buys_cheaper_than_they_look_minds_prices() -> None:
    looked = [(0, "view", course, np.nan, NOW) for course in (1, 2)]
    found = told(*looked, (0, "purchase", 1, 10_000, NOW))
    assert found.price_gap[0] > 0
    assert np.isnan(told(*looked).price_gap[0])


def test_two_categories_alike_are_a_breadth_of_two() -> None:
    found = told((0, "view", 0, np.nan, NOW), (0, "view", 2, np.nan, NOW))
    assert found.breadth[0] == pytest.approx(2.0)
    assert told(persons=1).breadth[0] == 0.0


def test_nobody_and_nothing_have_features_too() -> None:
    found = told(persons=3)
    assert len(found) == 3
    assert found.events.tolist() == [0, 0, 0]
    assert np.isnan(found.last).all()


def test_scores_go_from_one_to_five_and_a_recent_visit_scores_high() -> None:
    between = np.array([1.0, 2.0, 3.0, 4.0])
    assert [score(value, between) for value in (0.5, 1.5, 2.5, 3.5, 9.0)] == [1, 2, 3, 4, 5]
    assert [score(value, between, descending=True) for value in (0.5, 9.0)] == [5, 1]
    assert score(1.0, np.zeros(0)) is None


def test_classes_are_found_and_few_observations_lean_on_them() -> None:
    rng = np.random.default_rng(0)
    early, late = np.zeros(48) + 0.001, np.zeros(48) + 0.001
    early[7], late[22] = 1.0, 1.0
    counts = np.array([rng.multinomial(6, row / row.sum()) for row in [early] * 60 + [late] * 60], dtype=np.float64)
    blocks = np.zeros(48, dtype=np.int64)
    found = latent_classes.fit_best(counts, blocks, np.sqrt(hours.smoothed(counts)))
    assert len(found) == 2
    seen_once = np.zeros((1, 48))
    seen_once[0, 22] = 1.0
    assert found.expected(seen_once).argmax() == 22
    assert found.chances.sum(axis=1) == pytest.approx(1.0)


def test_a_pipeline_from_its_arrays_gives_the_same_vectors_as_scikit_learn() -> None:
    matrix = np.random.default_rng(0).normal(size=(200, 15)) * np.arange(1, 16)
    fitted = vectors.fit_pipeline(matrix)
    restored = vectors.pipeline_from(vectors.arrays_of(fitted))
    np.testing.assert_allclose(restored.transform(matrix), fitted.transform(matrix))
    plain = make_pipeline(StandardScaler(), PCA(10, svd_solver="full")).fit_transform(matrix)
    np.testing.assert_allclose(np.abs(restored.transform(matrix)), np.abs(plain), atol=1e-9)


def test_past_memory_the_axes_are_found_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(0).normal(size=(900, 6)) @ np.diag([9.0, 5.0, 3.0, 1.0, 1.0, 1.0])
    matrix[:, 1] += matrix[:, 0]
    whole = vectors.arrays_of(vectors.fit_pipeline(matrix, 1))["components"]
    monkeypatch.setattr(vectors, "MOST_AT_ONCE", 300)
    in_parts = vectors.arrays_of(vectors.fit_pipeline(matrix, 1))["components"]
    assert abs(float((whole @ in_parts.T)[0, 0])) > 0.99


def test_drift_is_none_for_the_same_members_and_large_for_others() -> None:
    values = np.random.default_rng(0).normal(size=4_000)
    edges = drift.deciles(values)
    before = {"spent": (edges, drift.shares(values, edges))}
    assert drift.drift(before, {"spent": values})["spent"] == 0.0
    assert drift.drift(before, {"spent": values + 1.0})["spent"] > drift.SHIFTED


def test_chinese_is_cut_into_pairs_and_other_scripts_into_words() -> None:
    assert tokens("机器学习 with C++") == ["机器", "器学", "学习", "with", "c++"]


def test_topics_part_courses_by_what_their_texts_say() -> None:
    cooking = [CourseText("家常菜", "炒菜煮汤蒸鱼", ("烹饪",))] * 20
    coding = [CourseText("编程", "函数变量循环", ("代码",))] * 20
    shares, names = find_topics([*cooking, *coding, CourseText("", "", ())], number=2)
    assert set(names) == {"烹饪", "代码"}
    assert shares[0].argmax() != shares[20].argmax()
    assert shares[-1].tolist() == [0.0, 0.0]
    assert find_topics([])[1] == []


def test_pictures_escape_what_they_are_given() -> None:
    drawn = pictures.radar(["<script>", "b", "c"], [0.5, 0.3, 0.2], 'a "title" & more')
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn
    assert pictures.radar(["a", "b"], [0.5, 0.5], "") == ""
    assert pictures.heat_map([[0] * 24] * 7, ["一"] * 7, "").count("<rect") == 7 * 24
    assert pictures.bars([0, 3, 6], "").count("<rect") == 3
