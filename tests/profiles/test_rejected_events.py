"""Events that could not be taken are kept with the reason, and can be sent through once more."""

import json
from typing import Any

import pytest

from profiles import services
from profiles.models import Event, RejectedEvent
from profiles.services import ReplayResult
from tests.partner import Partner, batch, event, new_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def rejected(partner: Partner, entry: Any) -> RejectedEvent:
    """An event that was sent and not taken."""
    body = entry if isinstance(entry, bytes) else json.dumps(entry).encode()
    response = partner.post("/events", b'{"batch": [%s]}' % body)
    assert len(response.json()["rejected"]) == 1
    return RejectedEvent.objects.latest("pk")


def mended(kept: RejectedEvent, **fields: Any) -> RejectedEvent:
    """The same once its cause is mended."""
    kept.payload = json.dumps(json.loads(kept.payload) | fields)
    kept.save()
    return kept


def test_it_is_kept_as_it_came_with_the_reason(partner: Partner) -> None:
    kept = rejected(partner, b'{"message_id":  "m1", "type":"vieuw"}')
    assert kept.payload == '{"message_id":  "m1", "type":"vieuw"}'
    assert (kept.platform, kept.code, kept.replayed_at) == (partner.platform, "invalid_field", None)
    assert "vieuw" in kept.detail


@pytest.mark.parametrize(
    "entry", [b"5", b'"\xff"', b'{"type": "\\u0000"}', b'{"x": "\\ud800"}', b'{"context": {"a": %s}}' % (b"9" * 10_000)]
)
def test_whatever_it_is_it_can_be_kept_and_read(partner: Partner, entry: bytes) -> None:
    kept = rejected(partner, entry)
    kept.refresh_from_db()
    assert kept.payload
    assert services.replay([kept]) == ReplayResult(accepted=0, duplicates=0, still_rejected=1)


class TestReplay:
    def test_what_is_right_now_is_taken(self, partner: Partner) -> None:
        kept = mended(rejected(partner, event(message_id="m1", type="vieuw")), type="view")
        assert services.replay([kept]) == ReplayResult(accepted=1, duplicates=0, still_rejected=0)
        assert Event.objects.get().message_id == "m1"
        kept.refresh_from_db()
        assert kept.replayed_at is not None

    def test_what_is_still_wrong_waits_with_its_new_reason(self, partner: Partner) -> None:
        kept = mended(rejected(partner, event(type="vieuw")), type="rating")
        assert services.replay([kept]) == ReplayResult(accepted=0, duplicates=0, still_rejected=1)
        kept.refresh_from_db()
        assert (kept.code, kept.replayed_at) == ("incomplete_rating", None)

    def test_what_came_in_meanwhile_is_a_duplicate(self, partner: Partner) -> None:
        kept = mended(rejected(partner, event(message_id="m1", type="vieuw")), type="view")
        partner.post("/events", batch(event(message_id="m1")))
        assert services.replay([kept]) == ReplayResult(accepted=0, duplicates=1, still_rejected=0)
        assert Event.objects.count() == 1
        assert not RejectedEvent.objects.waiting().exists()

    def test_it_is_done_once(self, partner: Partner) -> None:
        kept = mended(rejected(partner, event(type="vieuw")), type="view")
        services.replay([kept])
        assert services.replay([kept]) == ReplayResult(0, 0, 0)

    def test_many_at_once_each_stand_for_themselves(self, partner: Partner) -> None:
        good = [mended(rejected(partner, event(type="vieuw")), type="view") for _ in range(3)]
        bad = [rejected(partner, event(type="vieuw")) for _ in range(2)]
        assert services.replay([*good, *bad]) == ReplayResult(3, 0, 2)
        assert set(RejectedEvent.objects.waiting()) == set(bad)

    @pytest.mark.django_db(transaction=True)
    def test_it_counts_in_the_very_next_recommendation(self) -> None:
        partner = new_partner()
        partner.put("/items/c1", {"title": "课程"})
        partner.put("/items/c2", {"title": "课程"})
        kept = mended(rejected(partner, event(item_id="c1", type="vieuw")), type="view")
        assert set(partner.recommended_ids("u1")) == {"c1", "c2"}
        services.replay([kept])
        assert partner.recommended_ids("u1") == ["c2"]
