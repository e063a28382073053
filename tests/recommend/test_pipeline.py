"""How an answer is made: candidates from several sources, in order, under circumstances that are written down."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from recommend.models import Recommendation
from recommend.serving.answers import Source
from recommend.serving.circumstances import Device, circumstances_of, device_named, device_of_browser
from recommend.serving.gathering import gather
from recommend.serving.pool import PRECEDENCE, Pool, pooled
from recommend.serving.question import question_of
from recommend.serving.record import Note, _decoded, store_pending
from recommend.serving.situation import look
from tests.factories import PlatformFactory
from tests.partner import Partner, batch, event, item
from tests.recommend.trained import group_of, planted_partner, trained

pytestmark = pytest.mark.django_db

PHONE_BROWSER = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
TABLET_BROWSER = "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
COMPUTER_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


@pytest.fixture
def shop() -> Partner:
    """A platform with a trained model."""
    shop = planted_partner()
    trained()
    return shop


def pool_of(shop: Partner, user_id: str) -> Pool:
    question = question_of(shop.platform, look(shop.platform, user_id), circumstances_of(shop.platform, "home"), 5)
    return gather(question.situation, question.compiled, question.platform_id, 5).pool


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


class TestPool:
    def test_each_course_is_there_once_with_what_each_source_gives_it(self) -> None:
        brought = {
            Source.POPULAR: [(np.array([2, 0]), column(1, 0.5))],
            Source.NEW: [(np.array([0, 3]), column(1, 0.5))],
        }
        pool = pooled(np.array([10, 11, 12, 13]), brought, is_personal=False)
        assert pool.course_ids.tolist() == [10, 12, 13]
        np.testing.assert_array_equal(pool.of_source(Source.POPULAR), [0.5, 1, np.nan])
        np.testing.assert_array_equal(pool.of_source(Source.NEW), [1, np.nan, 0.5])
        assert [pool.source_of(row) for row in range(3)] == [Source.POPULAR, Source.POPULAR, Source.NEW]

    def test_the_first_score_of_a_source_counts(self) -> None:
        pool = pooled(np.array([10]), {Source.NEW: [(np.array([0, 0]), column(1, 0.5))]}, is_personal=False)
        assert pool.of_source(Source.NEW).tolist() == [1]

    def test_the_model_scores_all_that_it_knows_whoever_has_brought_it_up(self, shop: Partner) -> None:
        shop.post("/items", batch(item("unmet")))
        shop.post("/events", batch(event(item_id="c0")))
        pool = pool_of(shop, "u1")
        unmet = shop.platform.courses.get(item_id="unmet").pk
        unknown = pool.course_ids[np.isnan(pool.of_source(Source.MODEL))]
        assert unknown.tolist() == [unmet]

    def test_what_goes_with_the_last_courses_is_found(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0")))
        pool = pool_of(shop, "u1")
        most_alike = pool.course_ids[np.argsort(np.nan_to_num(-pool.of_source(Source.SIMILAR)))[:3]].tolist()
        named = shop.platform.courses.filter(pk__in=most_alike).values_list("item_id", flat=True)
        assert {group_of(each) for each in named} == {0}

    def test_somebody_without_a_history_is_shown_what_is_popular_by_the_model(self, shop: Partner) -> None:
        pool = pool_of(shop, "stranger")
        assert not pool.is_personal
        assert {pool.source_of(row) for row in range(len(pool))} == {Source.POPULAR}
        assert PRECEDENCE[int(pool.first_source[0])] is Source.MODEL


class TestCircumstances:
    def test_hour_and_weekday_are_those_of_the_platform(self) -> None:
        late_on_sunday = datetime(2025, 11, 9, 20, 30, tzinfo=UTC)
        here, there = PlatformFactory(timezone="Asia/Shanghai"), PlatformFactory(timezone="America/New_York")
        assert (circumstances_of(here, "home", now=late_on_sunday).hour) == 4
        assert (circumstances_of(here, "home", now=late_on_sunday).weekday) == 0
        assert (circumstances_of(there, "home", now=late_on_sunday).hour) == 15
        assert (circumstances_of(there, "home", now=late_on_sunday).weekday) == 6

    @pytest.mark.parametrize(
        ("said", "meant"),
        [("phone", "phone"), ("Mobile", "phone"), ("iPad", "tablet"), ("PC", "desktop"), ("电视", "tv"), ("", "")],
    )
    def test_usual_words_for_devices_are_understood(self, said: str, meant: str) -> None:
        assert device_named(said) == Device(meant)

    @pytest.mark.parametrize("said", ["fridge", "x" * 999, "\0"])
    def test_any_other_word_is_another_device(self, said: str) -> None:
        assert device_named(said) is Device.OTHER

    @pytest.mark.parametrize(
        ("agent", "device"),
        [(PHONE_BROWSER, "phone"), (TABLET_BROWSER, "tablet"), (COMPUTER_BROWSER, "desktop"), ("", "")],
    )
    def test_a_browser_says_what_it_runs_on(self, agent: str, device: str) -> None:
        assert device_of_browser(agent) == Device(device)


class TestRecord:
    def test_an_answer_is_written_down_with_sources_chances_and_circumstances(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0")))
        answer = shop.recommended("u1", limit=3, lang="en", **{"context.device": "mobile"})
        store_pending()
        row = Recommendation.objects.get(pk=answer["recommendation_id"])
        assert row.sources == [each["source"] for each in answer["items"]]
        assert len(row.propensities) == 3
        assert all(0 < each <= 1 for each in row.propensities)
        assert (row.context["device"], row.context["language"]) == ("phone", "en")
        assert row.context["hour"] in range(24)
        assert row.context["weekday"] in range(7)

    def test_a_browser_need_not_say_its_device(self, shop: Partner) -> None:
        shop.browse("GET", "/recommendations", user_id="u1", User_Agent=PHONE_BROWSER)
        store_pending()
        assert Recommendation.objects.latest("created_at").context["device"] == "phone"

    def test_a_note_of_before_is_understood(self) -> None:
        old = msgspec.msgpack.encode(
            ["5b0f0a6e-4d29-4c6c-9b5e-0f6f0f6f0f6f", 1, None, "home", None, [1], "model", datetime.now(UTC)]
        )
        note = _decoded(old)
        assert isinstance(note, Note)
        assert (note.sources, note.propensities, note.context) == ([], [], {})
