"""What a step of cleaning is."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise

COLUMNS = 'id, account_id, day, is_before, type, course_id, value, words, "timestamp", message_id, received_at'
"""What a step sees of an event.

day: the day by UTC that is being judged. is_before: it happened shortly before that day and is looked at only for what
it says of that day's events. words: the context, where it and not the value tells one event from another.
"""


@dataclass(frozen=True)
class LeavingOut:
    """A step that leaves events out. name: as in `EventFlag.step`. title, rule: for people.

    sql: a SELECT of `COLUMNS` and of `step` (the name of the step that left the event out, or null) from the relation
    `{before}`, which has the same columns. What it says of an event depends on nothing but the events of the same
    account and day, and on those up to `duplicates.NEAR` before.
    """

    name: str
    title: Promise
    rule: Promise
    sql: str


@dataclass(frozen=True)
class FillingIn:
    """A step that lets something stand for a missing value. name: as in `QualityDay.step`. title, rule: for people.

    filled: the events whose value it fills in.
    """

    name: str
    title: Promise
    rule: Promise
    filled: Q
