"""Courses like a course."""

import numpy as np

from profiles.models import Course
from recommend.model_store import StoredModel
from recommend.serving import candidates, reasons
from recommend.serving.answers import CourseCard, RecommendedCourse, Source
from recommend.serving.catalogue import Catalogue
from recommend.serving.situation import look

SPARE = 5


def similar(course: Course, limit: int = 8, everywhere: bool = False) -> list[RecommendedCourse]:
    """Courses that go with this one, best first; of the same platform, or `everywhere`.

    A course that the model has not met yet is answered by its own category.
    """
    situation = look(course.platform, None)
    platform_id = None if everywhere else course.platform_id
    found: list[CourseCard] = []
    if situation.model is not None:
        found = _by_model(situation.model, situation.catalogue, course, platform_id, limit)
    words = reasons.learned_together()
    answer = [RecommendedCourse(card, words, Source.MODEL) for card in found]
    if len(found) < limit:
        excluded = [course.pk, *(card.id for card in found)]
        same = _of_category(situation.catalogue, course, platform_id, excluded, limit - len(found))
        words = reasons.plain(Source.SAME_CATEGORY)
        answer += [RecommendedCourse(card, words, Source.SAME_CATEGORY) for card in same]
    return answer


def _by_model(
    model: StoredModel, catalogue: Catalogue, course: Course, platform_id: int | None, limit: int
) -> list[CourseCard]:
    (own,), (is_known,) = model.columns_of(np.array([course.pk]))
    if not is_known:
        return []
    similarity = model.model.similar(int(own))
    best = candidates.of(model, catalogue, platform_id).best(similarity, limit + SPARE)
    columns, _is_known = model.columns_of(np.array(best, dtype=np.int64))
    together = [course_id for course_id, value in zip(best, similarity[columns], strict=True) if value > 0]
    return catalogue.cards(together)[:limit]


def _of_category(
    catalogue: Catalogue, course: Course, platform_id: int | None, excluded: list[int], limit: int
) -> list[CourseCard]:
    courses = Course.objects.listed().filter(category=course.category).exclude(pk__in=excluded)
    if platform_id is not None:
        courses = courses.filter(platform=platform_id)
    latest = courses.order_by("-published_at", "-pk").values_list("pk", flat=True)
    return catalogue.cards(list(latest[:limit]))
