"""What a ranker looks at: of courses, histories, sources and the moment."""

import numpy as np
import pytest

from recommend.ranking.circumstances import ASKED_FEATURES, Moment, question_of
from recommend.ranking.courses import COURSE_FEATURES, DAY, Described, Renown, course_features
from recommend.ranking.past import PAST_FEATURES, PERSON_FEATURES, Past, past_features, person_features
from recommend.ranking.sources import on_scale_of, source_features
from recommend.ranking.vocabulary import TEACHER_BUCKETS, Vocabulary, distinct, teacher_codes
from tests.recommend.planted_lists import courses

NOW = 100 * DAY
MOMENT = Moment(platform=1, device=2, placement=1, hour=6, weekday=5)


def past(*rows: int, days_ago: float = 1.0, **columns: object) -> Past:
    """Courses met on one day after the other, the last so many days ago."""
    times = NOW - DAY * (days_ago + np.arange(len(rows))[::-1])
    return Past(courses(**columns).take(np.array(rows, np.int64)), np.ones(len(rows), np.float32), times)


def of_past(name: str, *rows: int, days_ago: float = 1.0, **columns: object) -> list[float]:
    """A feature of all courses for somebody who met these rows of them."""
    found = past_features(past(*rows, days_ago=days_ago, **columns), courses(**columns), NOW)
    return found[:, PAST_FEATURES.index(name)].round(3).tolist()


def of_course(name: str, renown: Renown | None = None, **columns: object) -> list[float]:
    found = course_features(courses(**columns), renown or Renown.none(6), NOW)
    return found[:, COURSE_FEATURES.index(name)].round(3).tolist()


class TestCourses:
    def test_free_is_not_unknown(self) -> None:
        price = np.array([0, np.nan, 100, 1, 1, 1], np.float32)
        assert of_course("is free", price=price)[:3] == [1, 0, 0]
        assert of_course("has no price", price=price)[:3] == [0, 1, 0]

    def test_age_is_of_the_moment(self) -> None:
        published = np.array([NOW, NOW - 10 * DAY, np.nan, NOW + DAY, 0, 0])
        assert of_course("log age", published=published)[:4] == [0, pytest.approx(2.398), 0, 0]
        assert of_course("has no date", published=published)[:4] == [0, 0, 1, 0]

    def test_a_single_rating_says_little(self) -> None:
        renown = Renown(
            np.zeros(6, np.float32),
            np.array([0, 1, 100, 0, 0, 0], np.float32),
            np.array([0, 1, 100, 0, 0, 0], np.float32),
        )
        unrated, once, often, *_ = of_course("rating", renown)
        assert unrated == 4
        assert 3 < once < 4
        assert often < 1.5

    def test_words_become_codes(self) -> None:
        words = Vocabulary(categories=("ai", "music"), kinds=("audio",), platforms=("1", "2"))
        nothing = np.zeros(3, np.float32)
        described = Described(
            ids=np.arange(3),
            categories=["music", "", "new one"],
            kinds=["audio", "live", "audio"],
            teachers=["林一", "", "林一"],
            platforms=["2", "1", "3"],
            price=nothing,
            published=np.zeros(3),
            length=nothing,
        )
        found = described.coded(words)
        assert found.category.tolist() == [2, 0, 0]
        assert found.kind.tolist() == [1, 0, 1]
        assert found.platform.tolist() == [2, 1, 0]
        assert found.teacher[0] == found.teacher[2] > 0 == found.teacher[1]

    def test_teachers_have_the_same_code_everywhere(self) -> None:
        assert teacher_codes(["林一", "周二"])[0] == teacher_codes(["林一"])[0]
        assert teacher_codes([f"teacher {n}" for n in range(5_000)]).max() < TEACHER_BUCKETS

    def test_of_very_many_words_the_frequent_ones_are_kept(self) -> None:
        many = distinct([*(f"word {n}" for n in range(5_000)), "often", "often", ""])
        assert len(many) == 4_095
        assert "often" in many


class TestHistories:
    def test_shares_are_of_what_was_met(self) -> None:
        category = np.array([1, 1, 2, 2, 3, 0], np.int32)
        assert of_past("share of its category", 0, 1, 2, category=category) == [
            pytest.approx(2 / 3, abs=0.001), pytest.approx(2 / 3, abs=0.001), pytest.approx(1 / 3, abs=0.001),
            pytest.approx(1 / 3, abs=0.001), 0, 0,
        ]  # fmt: skip
        assert of_past("category of the last", 0, 2, category=category) == [0, 0, 1, 1, 0, 0]

    def test_what_is_of_no_category_is_like_nothing(self) -> None:
        category = np.zeros(6, np.int32)
        for name in ("share of its category", "category of the last", "lately in its category"):
            assert of_past(name, 0, 1, category=category) == [0] * 6

    def test_the_same_teacher(self) -> None:
        assert of_past("share of its teacher", 3) == [0, 0, 0, 1, 0, 0]

    def test_lately_is_halved_by_days(self) -> None:
        assert of_past("lately in its category", 0, days_ago=7)[0] == 0.5
        assert of_past("lately in its category", 0, 1, days_ago=0)[0] == 1, "the latest one counts"

    def test_dearer_than_usual(self) -> None:
        price = np.array([9_999, 9_999, 99, 0, np.nan, 999_999], np.float32)
        assert of_past("how much dearer", 0, price=price) == [
            0, 0, pytest.approx(np.log(100 / 10_000), abs=0.001), 0, 0, pytest.approx(np.log(100), abs=0.001),
        ]  # fmt: skip

    def test_met_before(self) -> None:
        assert of_past("met before", 1, 4) == [0, 1, 0, 0, 1, 0]

    def test_newcomers_have_a_mark(self) -> None:
        nobody = person_features(None, NOW)
        assert nobody[PERSON_FEATURES.index("is new")] == 1
        assert person_features(past(1), NOW)[PERSON_FEATURES.index("is new")] == 0
        assert not past_features(past(), courses(), NOW).any()


class TestTheMoment:
    def test_hours_are_a_circle(self) -> None:
        person = person_features(None, NOW)
        late, early, noon = (question_of(Moment(1, 1, 1, hour, 0), None, person).numbers[:2] for hour in (23, 0, 12))
        assert np.linalg.norm(late - early) < np.linalg.norm(late - noon)

    def test_no_profile_is_not_a_profile_of_zeros(self) -> None:
        person = person_features(None, NOW)
        has_one = ASKED_FEATURES.index("has a profile")
        assert question_of(MOMENT, None, person).numbers[has_one] == 0
        assert question_of(MOMENT, np.zeros(10, np.float32), person).numbers[has_one] == 1

    def test_short_and_strange_profiles_are_taken(self) -> None:
        person = person_features(None, NOW)
        first = ASKED_FEATURES.index("profile 1")
        found = question_of(MOMENT, np.array([1, 99], np.float32), person).numbers
        assert found[first : first + 3].tolist() == [1, 8, 0]
        assert len(question_of(MOMENT, np.ones(40, np.float32), person).numbers) == len(ASKED_FEATURES)


class TestSources:
    def test_scores_are_on_one_scale_and_silence_stays(self) -> None:
        scores = np.array([10, 20, np.nan, 30], np.float32)
        found = on_scale_of(scores, scores)
        assert np.nanmean(found) == pytest.approx(0, abs=1e-6)
        assert np.isnan(found[2])

    def test_a_source_that_says_nothing_or_always_the_same(self) -> None:
        silent, same = np.full(4, np.nan, np.float32), np.full(4, 5, np.float32)
        assert np.isnan(on_scale_of(silent, silent)).all()
        assert (on_scale_of(same, same) == 0).all()

    def test_scores_are_measured_against_the_best_of_many(self) -> None:
        scores = np.arange(10_000, dtype=np.float32)
        assert on_scale_of(scores[-250:-249], scores)[0] == pytest.approx(0, abs=0.01)

    def test_silence_is_marked(self) -> None:
        found = source_features(np.array([[1, np.nan], [np.nan, 2]], np.float32))
        assert found.tolist() == [[1, 0, 1, 0], [0, 2, 0, 1]]

    def test_infinite_scores_say_nothing(self) -> None:
        scores = np.array([1, 2, -np.inf], np.float32)
        assert np.isnan(on_scale_of(scores, scores)[2])
