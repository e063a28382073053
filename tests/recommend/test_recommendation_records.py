"""Every answer is written down, so that clicks and purchases can be attributed to it."""

import subprocess
import time
from uuid import UUID

import pytest
import redis

from crossmarket.celery import app
from profiles.models import Event
from recommend.models import ModelVersion, Recommendation
from recommend.serving import record
from recommend.serving.record import PENDING, store_pending
from tests.partner import Partner, batch, event, new_partner
from tests.recommend.trained import planted_partner, trained
from tests.side_by_side import side_by_side

PATIENCE = 60

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_waits(redis_client: redis.Redis) -> None:
    """Start without what earlier tests have noted."""
    record._outbox.flush()
    redis_client.delete(PENDING)


def test_an_answer_is_written_down_as_it_was_given() -> None:
    shop = planted_partner()
    version = trained()
    shop.post("/events", batch(event(item_id="c0")))
    answer = shop.recommended("u1", placement="course-page", limit=3)
    assert store_pending() == 1
    row = Recommendation.objects.get()
    assert row.pk == UUID(answer["recommendation_id"])
    assert (row.platform, row.account.external_id, row.model) == (shop.platform, "u1", version)
    assert (row.placement, row.source) == ("course-page", "model")
    told = {course.pk: course.item_id for course in shop.platform.courses.all()}
    assert [told[pk] for pk in row.course_ids] == [each["item_id"] for each in answer["items"]]


def test_an_anonymous_or_unknown_person_has_no_account() -> None:
    shop = planted_partner()
    shop.recommended(), shop.recommended("unheard")
    store_pending()
    assert [row.account for row in Recommendation.objects.all()] == [None, None]
    assert not shop.platform.accounts.filter(external_id="unheard").exists()


def test_an_event_names_the_answer_that_led_to_it() -> None:
    shop = planted_partner()
    answer = shop.recommended("u1")
    named = {"recommendation_id": answer["recommendation_id"]}
    for name, value in (("click", None), ("purchase", 9900)):
        shop.post("/events", batch(event(type=name, value=value, item_id=answer["items"][0]["item_id"], context=named)))
    store_pending()
    row = Recommendation.objects.get()
    followed = Event.objects.filter(context__recommendation_id=str(row.pk))
    assert {each.type for each in followed} == {"click", "purchase"}
    assert {each.course_id for each in followed} == {row.course_ids[0]}


def test_nothing_is_stored_twice() -> None:
    new_partner().recommended("u1")
    assert (store_pending(), store_pending()) == (1, 0)


def test_what_is_gone_since_is_left_out(redis_client: redis.Redis) -> None:
    shop, other = planted_partner(), new_partner("other")
    trained()
    shop.post("/events", batch(event(user_id="leaving")))
    for partner, user_id in ((shop, "l1"), (shop, "leaving"), (other, "x")):
        partner.recommended(user_id)
    record._outbox.flush()
    shop.platform.accounts.get(external_id="leaving").delete()
    ModelVersion.objects.all().delete()
    other.platform.delete()
    redis_client.rpush(PENDING, b"a note of another version")
    assert store_pending() == 4
    assert {
        (row.platform, row.account and row.account.external_id, row.model) for row in Recommendation.objects.all()
    } == {
        (shop.platform, "l1", None),
    }


def test_what_cannot_be_stored_now_waits_in_its_order(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = new_partner()
    given = [shop.recommended("u1")["recommendation_id"] for _ in range(3)]
    record._outbox.flush()

    def broken(*_arguments: object, **_options: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Recommendation.objects, "bulk_create", broken)
        with pytest.raises(ConnectionError):
            store_pending()
    shop.recommended("u1")
    assert store_pending() == 4
    stored = Recommendation.objects.order_by("created_at").values_list("pk", flat=True)
    assert [str(pk) for pk in stored][:3] == given


def test_so_many_wait_and_no_more(redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_PENDING", 5)
    shop: Partner = new_partner()
    for _ in range(8):
        shop.recommended("u1")
    record._outbox.flush()
    assert redis_client.llen(PENDING) == 5


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_those_that_store_at_once_lose_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(record, "AT_ONCE", 3)
        shop = new_partner()
        for _ in range(40):
            shop.recommended("u1")
        record._outbox.flush()
        assert sum(side_by_side(*[store_pending] * 4)) == 40
        assert Recommendation.objects.count() == 40

    def test_a_real_one_writes_them_down(self, celery_worker_process: subprocess.Popen[bytes]) -> None:
        new_partner().recommended("u1")
        record._outbox.flush()
        app.send_task("recommend.store_recommendations", queue=app.conf.task_default_queue)
        deadline = time.monotonic() + PATIENCE
        while not Recommendation.objects.exists():
            assert time.monotonic() < deadline, "nothing was written down"
            time.sleep(0.05)
