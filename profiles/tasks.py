"""What workers do for profiles: importing this module lets them know the kinds of jobs."""

from profiles import importing, replaying

__all__ = ["importing", "replaying"]
