"""An event as a platform sends it, and what makes it acceptable."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from crossmarket.foundation.batches import Refusal
from crossmarket.foundation.bodies import Identifier
from profiles.models import EventType

MOST_MONEY = 10**11
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(hours=24)

FIVE_STARS = (1.0, 5.0)
SHARE = (0.0, 1.0)
OTHER_VALUES = (-float(MOST_MONEY), float(MOST_MONEY))


class EventEntry(msgspec.Struct, frozen=True):
    """One event of `POST /events`; `timestamp` is ISO 8601 with offset."""

    message_id: Identifier
    type: EventType
    user_id: Identifier
    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    item_id: Identifier | None = None
    value: float | None = None
    context: dict[str, Any] | None = None


def check(entry: EventEntry) -> None:
    """Raise `Refusal` for a value or a time that this type of event cannot have."""
    if entry.timestamp > datetime.now(UTC) + CLOCK_TOLERANCE:
        raise Refusal("timestamp_in_future", f"timestamp: {entry.timestamp.isoformat()} is more than a day ahead.")
    if entry.timestamp < EARLIEST:
        raise Refusal("timestamp_too_old", f"timestamp: {entry.timestamp.isoformat()} is before 1970.")
    if entry.type is EventType.RATING and (entry.value is None or entry.item_id is None):
        raise Refusal("incomplete_rating", "value, item_id: a rating needs a value from 1 to 5 and an item.")
    if entry.value is not None:
        _check_value(entry.type, entry.value)


def _check_value(event_type: EventType, value: float) -> None:
    if event_type in (EventType.PURCHASE, EventType.REFUND):
        if not (0 <= value <= MOST_MONEY and value == int(value)):
            raise Refusal("invalid_amount", f"value: an amount is a whole number of minor units up to {MOST_MONEY}.")
        return
    low, high = {EventType.RATING: FIVE_STARS, EventType.COMPLETE: SHARE}.get(event_type, OTHER_VALUES)
    if not low <= value <= high:
        raise Refusal("value_out_of_range", f"value: {value:g} is not between {low:g} and {high:g} for {event_type}.")
