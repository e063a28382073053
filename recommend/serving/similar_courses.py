"""Courses like a course."""

import numpy as np

from accounts.models import Platform
from profiles.models import Course
from recommend.model_store import StoredModel
from recommend.serving import candidates, popular, reasons
from recommend.serving.answers import CourseCard, RecommendedCourse, Source
from recommend.serving.catalogue import Catalogue
from recommend.serving.compiling import compiled
from recommend.serving.placements import EVERY_KEY
from recommend.serving.situation import Situation, look

SPARE = 5
FILLING_UP = (Source.SAME_CATEGORY, Source.POPULAR, Source.NEW)


def similar(course: Course, limit: int = 8, everywhere: bool = False) -> list[RecommendedCourse]:
    """Courses that go with this one, best first; of the same platform, or `everywhere`.

    What the model does not know to go with it is filled up from its own category, then with what is popular and new.
    """
    situation = look(course.platform, None)
    platform_id = None if everywhere else course.platform_id
    hidden = _for_members_only(situation, course.platform, platform_id)
    answer: list[RecommendedCourse] = []
    if situation.model is not None:
        found = _by_model(situation.model, situation.catalogue, course, platform_id, limit + len(hidden))
        words = reasons.learned_together()
        answer = [RecommendedCourse(card, words, Source.MODEL) for card in found if card.id not in hidden][:limit]
    for source in FILLING_UP:
        if len(answer) < limit:
            excluded = hidden | {course.pk, *(each.course.id for each in answer)}
            wanted = [pk for pk in _of_source(source, situation.catalogue, course, platform_id) if pk not in excluded]
            words = reasons.plain(source)
            cards = situation.catalogue.cards(wanted[: limit + SPARE])[: limit - len(answer)]
            answer += [RecommendedCourse(card, words, source) for card in cards]
    return answer


def _for_members_only(situation: Situation, platform: Platform, platform_id: int | None) -> set[int]:
    """What is kept for members of segments under every key: of a course's page nobody knows who looks at it."""
    rules = situation.placements.rules(platform.pk, EVERY_KEY)
    kept = compiled(rules, situation.catalogue, platform_id).members
    course_ids = situation.catalogue.shelf(platform_id).course_ids
    return {course for _segment, courses in kept for course in course_ids[courses].tolist()}


def _by_model(
    model: StoredModel, catalogue: Catalogue, course: Course, platform_id: int | None, limit: int
) -> list[CourseCard]:
    (own,), (is_known,) = model.columns_of(np.array([course.pk]))
    if not is_known:
        return []
    similarity = model.model.similar(int(own))
    places, values = candidates.of(model, catalogue, platform_id).best(similarity, limit + SPARE)
    return catalogue.cards(catalogue.shelf(platform_id).course_ids[places[values > 0]].tolist())[:limit]


def _of_source(source: Source, catalogue: Catalogue, course: Course, platform_id: int | None) -> list[int]:
    """Courses to fill up with, best first, without regard to what is in the answer already."""
    shelf = catalogue.shelf(platform_id)
    if source is Source.POPULAR:
        places = popular.kept(catalogue, platform_id).places
    elif source is Source.NEW:
        places = shelf.newest
    else:
        places = shelf.of_category.get(course.category, shelf.newest[:0])
    return shelf.course_ids[places].tolist()
