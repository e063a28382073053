"""The desk of what we know: courses, events, profiles, segments, events that could not be taken, and experiments."""

from profiles.admin import (
    courses,
    events,
    experiments,
    file_imports,
    mappings,
    profiles,
    quality,
    rejected_events,
    segments,
)

__all__ = [
    "courses",
    "events",
    "experiments",
    "file_imports",
    "mappings",
    "profiles",
    "quality",
    "rejected_events",
    "segments",
]
