"""The desk of what next: models, their training, and the answers given."""

from recommend.admin import models, placements, recommendations

__all__ = ["models", "placements", "recommendations"]
