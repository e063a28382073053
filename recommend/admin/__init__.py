"""The desk of what next: models, their training, and the answers given."""

from recommend.admin import exploring, models, placements, recommendations, searches

__all__ = ["exploring", "models", "placements", "recommendations", "searches"]
