"""The tables of what next: courses in numbers, trained models, the slots they answer for, the answers they gave."""

from recommend.models.course_features import CourseFeatures, FeatureKind
from recommend.models.exploration import CourseShowing, ExploredPlacement, ExploringProgress
from recommend.models.model_version import ModelVersion, Role
from recommend.models.placement import Placement
from recommend.models.recommendation import Recommendation
from recommend.models.schedule import TrainingSchedule
from recommend.models.search import Search
from recommend.models.segment_taste import SegmentTaste
from recommend.models.trial import ArmModel, Shadow, ShadowAnswer

__all__ = [
    "ArmModel",
    "CourseFeatures",
    "CourseShowing",
    "ExploredPlacement",
    "ExploringProgress",
    "FeatureKind",
    "ModelVersion",
    "Placement",
    "Recommendation",
    "Role",
    "Search",
    "SegmentTaste",
    "Shadow",
    "ShadowAnswer",
    "TrainingSchedule",
]
