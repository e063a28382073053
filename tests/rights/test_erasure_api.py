"""A platform has its user erased: what is answered, what is told, and what cannot come back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Change, LinkedAccount, Person, Tombstone
from accounts.services import linking
from accounts.services.deliveries import deliver, make_ready
from accounts.services.webhooks import create_endpoint
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from crossmarket.foundation.redis import RedisError
from crossmarket.rights import erasing, rooms, tasks
from crossmarket.rights.models import Erasure
from profiles.models import Event, RejectedEvent
from profiles.services import replay
from tests.factories import LinkedAccountFactory, PlatformMappingFactory, RejectedEventFactory
from tests.partner import Partner, batch, event, new_partner, problem
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Partner:
    return new_partner()


def erased(shop: Partner, user_id: str = "u1") -> dict[str, Any]:
    response = shop.delete(f"/users/{user_id}")
    assert response.status_code == 200, response.content
    return response.json()


def earlier(**fields: Any) -> dict[str, Any]:
    return event(timestamp=(datetime.now(UTC) - timedelta(days=3)).isoformat(), **fields)


class TestTheReceipt:
    def test_it_tells_how_much_was_removed_and_of_nobody(self, shop: Partner) -> None:
        shop.post("/events", batch(event(), event(item_id="c2"), event(user_id="u2"), event(type="vieuw")))
        shop.put("/users/u1/consents", {"marketing": True})
        receipt = erased(shop)
        assert receipt["state"] == "erased"
        assert receipt["removed"] == {
            "consents": 1, "events": 2, "linked_accounts": 1, "persons": 1, "rejected_events": 1,
        }  # fmt: skip
        assert "u1" not in str(receipt)
        assert list(LinkedAccount.objects.values_list("external_id", flat=True)) == ["u2"]
        assert (Person.objects.count(), Event.objects.count(), RejectedEvent.objects.count()) == (1, 1, 0)

    def test_it_can_be_read_again_by_its_platform_alone(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        receipt = erased(shop)
        assert shop.get(f"/erasures/{receipt['receipt_id']}").json() == receipt
        problem(new_partner("other").get(f"/erasures/{receipt['receipt_id']}"), 404, "receipt_not_found")

    def test_erasing_again_gives_the_same_receipt(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        assert erased(shop) == erased(shop) == erased(shop)
        assert Erasure.objects.count() == 1

    def test_who_was_never_heard_of_is_not_found(self, shop: Partner) -> None:
        problem(shop.delete("/users/nobody"), 404, "user_not_found")
        assert (Erasure.objects.count(), Tombstone.objects.count()) == (0, 0)

    def test_who_is_known_from_refused_events_only_is_erased_from_these(self, shop: Partner) -> None:
        shop.post("/events", batch(event(type="vieuw")))
        assert erased(shop)["removed"] == {"rejected_events": 1}
        problem(shop.delete("/users/" + "x" * 201), 422, "invalid_user_id")

    def test_browsers_may_not(self, shop: Partner) -> None:
        problem(shop.browse("DELETE", "/users/u1", user_id="u1"), 403, "secret_key_required")

    def test_much_is_left_to_a_worker(self, shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(erasing, "AT_ONCE", 1)
        shop.post("/events", batch(event(), event()))
        response = shop.delete("/users/u1")
        assert (response.status_code, response.json()["state"]) == (202, "running")
        assert response.headers["Retry-After"]
        address = response.headers["Location"].partition("/api/v1")[2]
        assert shop.get(address).status_code == 202
        jobs.run(Erasure.objects.get().job_id)
        assert (shop.get(address).status_code, shop.get(address).json()["removed"]["events"]) == (200, 2)


class TestWhatComesLater:
    def test_what_was_before_is_refused_and_not_kept(self, shop: Partner) -> None:
        late = earlier(context={"secret": "x"})
        shop.post("/events", batch(late))
        erased(shop)
        answer = shop.post("/events", batch(late, event(user_id="u2"))).json()
        assert (answer["accepted"], answer["duplicates"]) == (1, 0)
        assert [(each["index"], each["message_id"], each["code"]) for each in answer["rejected"]] == [
            (0, late["message_id"], "erased")
        ]
        assert not shop.platform.accounts.filter(external_id="u1").exists()
        kept = RejectedEvent.objects.get()
        assert (kept.code, kept.payload) == ("erased", "")
        assert not RejectedEvent.objects.waiting().exists()

    def test_what_is_new_founds_a_new_account_that_takes_nothing_old(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        old = shop.platform.accounts.get().pk
        erased(shop)
        new = event(timestamp=(datetime.now(UTC) + timedelta(minutes=1)).isoformat())
        answer = shop.post("/events", batch(earlier(), new)).json()
        assert (answer["accepted"], len(answer["rejected"])) == (1, 1)
        account = shop.platform.accounts.get()
        assert account.pk != old
        assert shop.post("/events", batch(earlier())).json()["rejected"][0]["code"] == "erased"
        assert account.events.count() == 1
        assert erased(shop)["removed"]["events"] == 1

    def test_a_bad_event_from_before_is_not_kept_either(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        erased(shop)
        shop.post(
            "/events", batch(earlier(type="vieuw"), event(type="vieuw", timestamp=None), event(type="x", user_id="u2"))
        )
        assert [bool(each.payload) for each in RejectedEvent.objects.order_by("pk")] == [False, False, True]

    def test_an_event_in_the_platforms_own_shape_is_not_kept(self, shop: Partner) -> None:
        PlatformMappingFactory(platform=shop.platform, sample_event="")
        raw = {"student": {"no": 7}, "action": "nothing that is known"}
        shop.post("/events/raw", batch(raw, {**raw, "student": {"no": 71}}))
        assert RejectedEvent.objects.filter(is_raw=True).count() == 2
        assert erased(shop, "7")["removed"] == {"rejected_events": 1}
        shop.post("/events/raw", batch(raw))
        assert [bool(each.payload) for each in RejectedEvent.objects.order_by("pk")] == [True, False]

    def test_replaying_brings_nobody_back(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        erased(shop)
        RejectedEventFactory(platform=shop.platform, payload=str(earlier()).replace("'", '"'))
        result = replay(RejectedEvent.objects.all())
        assert (result.accepted, result.still_rejected) == (0, 1)
        assert RejectedEvent.objects.get().payload == ""


class TestWhatPlatformsAreTold:
    def test_what_was_told_before_is_gone_and_the_last_word_goes_after_a_week(
        self, shop: Partner, receiver: Receiver
    ) -> None:
        endpoint = create_endpoint(shop.platform, receiver.url)
        account = LinkedAccountFactory(platform=shop.platform, external_id="u1", cross_platform=True)
        other = LinkedAccountFactory(cross_platform=True)
        linking.link(other, linking.create_link_code(account).code)
        make_ready(shop.platform.pk)
        erased(shop)
        make_ready(shop.platform.pk)
        deliver(endpoint.pk)
        assert [each.change["type"] for each in receiver.received] == ["user.erased"]
        assert receiver.received[0].change["data"].keys() == {"user_id", "erased_at"}
        assert [each["type"] for each in shop.get("/changes").json()["results"]] == ["user.erased"]
        separated = Change.objects.get(platform=other.platform, type="account.separated")
        assert separated.data == {"user_id": other.external_id, "platforms": []}
        tasks.forget_old()
        assert Change.objects.filter(user_id="u1").exists()
        Change.objects.filter(user_id="u1").update(
            happened_at=timezone.now() - timedelta(days=tasks.NOTICE_DAYS, hours=1)
        )
        tasks.forget_old()
        assert not Change.objects.filter(user_id="u1").exists()


class TestInterruptions:
    def test_an_erasure_that_was_cut_short_is_finished_by_itself(
        self, shop: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.post("/events", batch(event()))

        def broken(*_arguments: object) -> None:
            raise RedisError

        with monkeypatch.context() as patch:
            patch.setattr(rooms, "forget_sent", broken)
            assert shop.delete("/users/u1").status_code == 202
        erasure = Erasure.objects.get()
        assert erasure.job.state == JobState.FAILED
        assert not shop.platform.accounts.exists()
        assert erasing.finish_open() == 0, "it waits a minute"
        Job.objects.update(finished_at=timezone.now() - timedelta(minutes=2))
        assert (erasing.finish_open(), erasing.finish_open()) == (1, 0)
        erasure.refresh_from_db()
        jobs.run(erasure.job_id)
        erasure.refresh_from_db()
        assert (erasure.is_done, erasure.subjects, erasure.removed["events"]) == (True, [], 1)
        assert jobs.run(erasing._start(erasure, to_worker=False).pk).result == erasure.removed
