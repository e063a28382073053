"""The desk of what next: models, their training, and the answers given."""

from recommend.admin import models, recommendations

__all__ = ["models", "recommendations"]
