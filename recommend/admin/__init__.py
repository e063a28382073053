"""The desk of what next: models, their training, placements, what exploring teaches, and the answers given."""

from recommend.admin import exploring, models, placements, recommendations

__all__ = ["exploring", "models", "placements", "recommendations"]
