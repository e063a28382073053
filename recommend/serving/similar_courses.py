"""Courses like a course."""

import numpy as np

from profiles.models import Course
from recommend.model_store import StoredModel
from recommend.serving import reasons
from recommend.serving.answers import CourseCard, RecommendedCourse, Source
from recommend.serving.catalogue import Catalogue
from recommend.serving.situation import look


def similar(course: Course, limit: int = 8, everywhere: bool = False) -> list[RecommendedCourse]:
    """Courses that go with this one, best first; of the same platform, or `everywhere`.

    A course that the model has not met yet is answered by its own category.
    """
    situation = look(course.platform, None)
    platform_id = None if everywhere else course.platform_id
    found = _by_model(situation.model, situation.catalogue, course, platform_id, limit) if situation.model else []
    if len(found) < limit:
        excluded = [course.pk, *(card.id for card in found)]
        same = _of_category(situation.catalogue, course, platform_id, excluded, limit - len(found))
    else:
        same = []
    words = {source: reasons.plain(source) for source in Source} | {Source.MODEL: reasons.learned_together()}
    sources = [Source.MODEL] * len(found) + [Source.SAME_CATEGORY] * len(same)
    return [RecommendedCourse(card, words[source], source) for card, source in zip([*found, *same], sources, strict=True)]


def _by_model(
    model: StoredModel, catalogue: Catalogue, course: Course, platform_id: int | None, limit: int
) -> list[CourseCard]:
    (own,), (is_known,) = model.columns_of(np.array([course.pk]))
    if not is_known:
        return []
    columns, listed = model.columns_of(catalogue.shelf(platform_id).course_ids)
    columns = columns[listed]
    similarity = model.model.similar(int(own))[columns]
    best = columns[np.argsort(-similarity, kind="stable")[: limit + 5]]
    together = [column for column in best if similarity[np.searchsorted(columns, column)] > 0]
    return catalogue.cards(model.course_ids[together].tolist())[:limit]


def _of_category(
    catalogue: Catalogue, course: Course, platform_id: int | None, excluded: list[int], limit: int
) -> list[CourseCard]:
    courses = Course.objects.listed().filter(category=course.category).exclude(pk__in=excluded)
    if platform_id is not None:
        courses = courses.filter(platform=platform_id)
    latest = courses.order_by("-published_at", "-pk").values_list("pk", flat=True)
    return catalogue.cards(latest[:limit])
