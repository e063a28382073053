"""Answering: the active model plus what the person did a second ago."""

from recommend.serving.answers import Answer, CourseCard, ModelName, RecommendedCourse
from recommend.serving.circumstances import Device, device_named, device_of_browser
from recommend.serving.recommending import DEFAULT_LIMIT, MOST_ITEMS, recommend
from recommend.serving.similar_courses import similar

__all__ = [
    "DEFAULT_LIMIT",
    "MOST_ITEMS",
    "Answer",
    "CourseCard",
    "Device",
    "ModelName",
    "RecommendedCourse",
    "device_named",
    "device_of_browser",
    "recommend",
    "similar",
]
