"""The tables of what next: trained models, the slots they answer for, and the answers they gave."""

from recommend.models.exploration import CourseShowing, ExploredPlacement, ExploringProgress
from recommend.models.model_version import ModelVersion, Role
from recommend.models.placement import Placement
from recommend.models.recommendation import Recommendation
from recommend.models.trial import ArmModel, Shadow, ShadowAnswer

__all__ = [
    "ArmModel",
    "CourseShowing",
    "ExploredPlacement",
    "ExploringProgress",
    "ModelVersion",
    "Placement",
    "Recommendation",
    "Role",
    "Shadow",
    "ShadowAnswer",
]
