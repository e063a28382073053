"""Plausible events to send, and a platform that knows their users and items already."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import msgspec

from benchmarks.load import request

BATCH = 2_000
"""The most events that one call may bring."""
USERS, ITEMS = 10_000, 2_000
TYPES = ("view", "view", "view", "click", "click", "like", "share", "purchase")


def batches(count: int, seed: int = 0) -> list[list[bytes]]:
    """So many events as JSON, in full batches as far as they go."""
    chance = random.Random(seed)
    now = datetime.now(UTC)
    events = [_event(chance, now) for _event_number in range(count)]
    return [events[start : start + BATCH] for start in range(0, count, BATCH)]


def calls(sent: list[list[bytes]], key: str) -> list[bytes]:
    """The same as calls of `POST /events`."""
    return [request("POST", "/api/v1/events", key, b'{"batch":[' + b",".join(batch) + b"]}") for batch in sent]


def _event(chance: random.Random, now: datetime) -> bytes:
    event_type = chance.choice(TYPES)
    event = {
        "message_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "type": event_type,
        "user_id": f"user-{chance.randrange(USERS)}",
        "item_id": f"course-{chance.randrange(ITEMS)}",
        "timestamp": (now - timedelta(seconds=chance.randrange(30 * 86_400))).isoformat(),
    }
    if event_type == "purchase":
        event["value"] = chance.randrange(100, 100_000)
    return msgspec.json.encode(event)
