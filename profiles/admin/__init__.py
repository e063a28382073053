"""The desk of what we know: courses, events, and events that could not be taken."""

from profiles.admin import courses, events, mappings, rejected_events

__all__ = ["courses", "events", "mappings", "rejected_events"]
