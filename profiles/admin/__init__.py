"""The desk of what we know: courses, events, and events that could not be taken."""

from profiles.admin import courses, events, rejected_events

__all__ = ["courses", "events", "rejected_events"]
