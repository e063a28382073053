"""What a model was trained on, in figures: enough to tell two trainings' data apart, and nothing about anybody."""

import hashlib
from datetime import UTC, datetime

import msgspec
import numpy as np

from accounts.models import Platform, Purpose
from profiles.models import EventType
from recommend.algorithms.interactions import Float64Array, Int32Array, Int64Array

TYPES: list[str] = list(EventType.values)


class Snapshot(msgspec.Struct, frozen=True):
    """The events that were read.

    events: how many, by platform and type. first, last: the moments of the earliest and the latest (UTC), None where
    there was no event. digest: of every row read (account, course, moment, weight), whatever the order they came in.
    consent: what the accounts agree to whose events these are. joined: what accounts agree to that are one learner with
    other accounts of the person. courses: a digest of the courses behind the model's columns, in their order.
    """

    events: dict[str, dict[str, int]]
    first: datetime | None
    last: datetime | None
    digest: str
    courses: str
    consent: str = Purpose.RECOMMENDATION.value
    joined: str = Purpose.CROSS_PLATFORM.value

    @classmethod
    def of(cls, rows: np.ndarray, platform_of_row: Int32Array, course_ids: Int64Array) -> "Snapshot":
        """The snapshot of rows with `account`, `course`, `weight`, `time` (seconds) and `type` (of `TYPES`)."""
        times: Float64Array = rows["time"]
        return cls(
            events=_counts(rows["type"].astype(np.int64), platform_of_row.astype(np.int64)),
            first=_moment(times.min()) if len(rows) else None,
            last=_moment(times.max()) if len(rows) else None,
            digest=_digest(rows),
            courses=digest_of_courses(course_ids),
        )


def digest_of_courses(course_ids: Int64Array) -> str:
    """The digest of courses, int64 (n_items,), in this order."""
    return hashlib.blake2b(np.ascontiguousarray(course_ids).data, digest_size=16).hexdigest()


def _counts(types: Int64Array, platforms: Int64Array) -> dict[str, dict[str, int]]:
    slugs = dict(Platform.objects.values_list("pk", "slug"))
    pairs, numbers = np.unique(platforms * len(TYPES) + types, return_counts=True)
    counts: dict[str, dict[str, int]] = {}
    for pair, number in zip(pairs.tolist(), numbers.tolist(), strict=True):
        platform, event_type = divmod(pair, len(TYPES))
        counts.setdefault(slugs.get(platform, str(platform)), {})[TYPES[event_type]] = number
    return counts


def _digest(rows: np.ndarray) -> str:
    order = np.lexsort((rows["weight"], rows["time"], rows["course"], rows["account"]))
    digest = hashlib.blake2b(digest_size=16)
    for column in ("account", "course", "time", "weight", "type"):
        digest.update(np.ascontiguousarray(rows[column][order]).data)
    return digest.hexdigest()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
