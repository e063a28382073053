"""What courses are, as columns beside their numbers: the words of the catalogue, and what was measured of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Left

from profiles.models import Course
from recommend.algorithms.interactions import Descriptions, Float32Array, Int32Array, Int64Array
from recommend.models import CourseFeatures, FeatureKind

CHUNK = 5_000
TEXT_READ = 2_000
"""Characters of a description that are read: what a course is about is said at the beginning."""
COLUMNS = ("pk", "platform_id", "title", "tags_text", "beginning", "category", "teacher", "kind")


@dataclass(frozen=True)
class CourseWords:
    """What a platform says of a course: title, tags and the beginning of the description in one text, and names."""

    platform_id: int
    text: str
    category: str
    teacher: str
    kind: str


@dataclass(frozen=True)
class Described:
    """Courses in the order of their keys, int64 (n,): the platform of each, int32 (n,), and what each is."""

    course_ids: Int64Array
    platforms: Int32Array
    descriptions: Descriptions


def words_of_courses(courses: QuerySet[Course]) -> Iterator[tuple[int, CourseWords]]:
    """Courses in the order of their keys, with what is said of them."""
    rows = courses.order_by("pk").annotate(beginning=Left("text", TEXT_READ)).values_list(*COLUMNS)
    for pk, platform, title, tags, text, category, teacher, kind in rows.iterator(chunk_size=CHUNK):
        yield pk, CourseWords(platform, f"{title} {tags} {text}".strip(), category, teacher, kind)


def described_with(met: Int64Array) -> Described:
    """All listed courses, and those whose keys are in `met`, listed or not."""
    listed = Q(pk__in=Course.objects.listed().values("pk"))
    found = list(words_of_courses(Course.objects.filter(listed | Q(pk__in=met.tolist()))))
    course_ids = np.array([pk for pk, _words in found], dtype=np.int64)
    words = [words for _pk, words in found]
    descriptions = Descriptions(
        texts=[each.text for each in words],
        categories=[each.category for each in words],
        teachers=[each.teacher for each in words],
        kinds=[each.kind for each in words],
        pictures=_measured(FeatureKind.COVER, course_ids),
        sounds=_measured(FeatureKind.AUDIO, course_ids),
        sentences=_measured(FeatureKind.TEXT, course_ids) if settings.SENTENCE_MODEL else None,
    )
    return Described(course_ids, np.array([each.platform_id for each in words], dtype=np.int32), descriptions)


def _measured(kind: FeatureKind, course_ids: Int64Array) -> Float32Array | None:
    """What was measured of each course, NaN where nothing was; None where nothing was of any."""
    kept = CourseFeatures.objects.filter(kind=kind, fault="").order_by("-looked_at")
    rows = list(kept.values_list("course_id", "vector"))
    if not rows:
        return None
    size = len(rows[0][1])  # after a change of how courses are looked at, the newest are right
    rows = [row for row in rows if len(row[1]) == size]
    courses = np.array([course for course, _vector in rows])
    vectors = np.frombuffer(b"".join(bytes(vector) for _course, vector in rows), "<f4").reshape(len(rows), -1)
    columns = np.searchsorted(course_ids, courses)
    columns[columns == len(course_ids)] = 0
    is_column = course_ids[columns] == courses if len(course_ids) else np.zeros(len(rows), bool)
    measured = np.full((len(course_ids), vectors.shape[1]), np.nan, np.float32)
    measured[columns[is_column]] = vectors[is_column]
    return measured
