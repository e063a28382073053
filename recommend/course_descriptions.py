"""What courses are, as columns beside their numbers: the words of the catalogue."""

from dataclasses import dataclass

import numpy as np
from django.db.models.functions import Left

from profiles.models import Course
from recommend.algorithms.interactions import Descriptions, Int32Array, Int64Array

CHUNK = 5_000
TEXT_READ = 2_000
"""Characters of a description that are read: what a course is about is said at the beginning."""
COLUMNS = ("pk", "platform_id", "available", "title", "tags_text", "beginning", "category", "teacher", "kind")


@dataclass(frozen=True)
class Described:
    """Courses in the order of their keys, int64 (n,): the platform of each, int32 (n,), and what each is."""

    course_ids: Int64Array
    platforms: Int32Array
    descriptions: Descriptions


def described_with(met: Int64Array) -> Described:
    """All listed courses, and those whose keys are in `met`, listed or not."""
    rows = Course.objects.order_by("pk").annotate(beginning=Left("text", TEXT_READ)).values_list(*COLUMNS)
    met_keys = set(met.tolist())
    keys: list[int] = []
    platforms: list[int] = []
    said: tuple[list[str], list[str], list[str], list[str]] = ([], [], [], [])
    for pk, platform, available, title, tags, text, *named in rows.iterator(chunk_size=CHUNK):
        if (available and title) or pk in met_keys:
            keys.append(pk)
            platforms.append(platform)
            for column, value in zip(said, (f"{title} {tags} {text}".strip(), *named), strict=True):
                column.append(value)
    return Described(np.array(keys, dtype=np.int64), np.array(platforms, dtype=np.int32), Descriptions(*said))
