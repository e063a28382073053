"""The desk of what we know: courses, events, profiles, segments, events that could not be taken, and experiments."""

from profiles.admin import (
    clusterings,
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
    "clusterings",
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
