"""Answering: the active model plus what the person did a second ago."""

from recommend.serving.answers import Answer, CourseCard, ModelName, RecommendedCourse
from recommend.serving.recommending import DEFAULT_LIMIT, MOST_ITEMS, recommend
from recommend.serving.similar_courses import similar

__all__ = [
    "DEFAULT_LIMIT",
    "MOST_ITEMS",
    "Answer",
    "CourseCard",
    "ModelName",
    "RecommendedCourse",
    "recommend",
    "similar",
]
