"""The tables of what next: trained models, the slots they answer for, and the answers they gave."""

from recommend.models.model_version import ModelVersion, Role
from recommend.models.placement import Placement
from recommend.models.recommendation import Recommendation

__all__ = ["ModelVersion", "Placement", "Recommendation", "Role"]
