"""What workers do for profiles: importing this module lets them know the kinds of jobs."""

from profiles import replaying

__all__ = ["replaying"]
