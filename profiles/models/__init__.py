"""The tables of what we know."""

from profiles.models.cleaning_progress import CleaningProgress
from profiles.models.clustering import ClusterAlgorithm, Clustering, ClusterView, TypicalMember
from profiles.models.course import Course, CourseKind
from profiles.models.event import Event
from profiles.models.event_flag import EventFlag
from profiles.models.event_type import EventType
from profiles.models.experiment import Arm, Experiment, ExperimentState, Exposure, Measure
from profiles.models.file_import import FileEncoding, FileImport, FileShape, FileSubject
from profiles.models.platform_mapping import PlatformMapping
from profiles.models.profile import Profile, ProfileModel
from profiles.models.quality_day import QualityDay
from profiles.models.rejected_event import RejectedEvent
from profiles.models.segment import Segment, SegmentClock, SegmentDay, SegmentKind, SegmentMember
from profiles.models.segment_summary import SegmentSummary

__all__ = [
    "Arm",
    "CleaningProgress",
    "ClusterAlgorithm",
    "ClusterView",
    "Clustering",
    "Course",
    "CourseKind",
    "Event",
    "EventFlag",
    "EventType",
    "Experiment",
    "ExperimentState",
    "Exposure",
    "FileEncoding",
    "FileImport",
    "FileShape",
    "FileSubject",
    "Measure",
    "PlatformMapping",
    "Profile",
    "ProfileModel",
    "QualityDay",
    "RejectedEvent",
    "Segment",
    "SegmentClock",
    "SegmentDay",
    "SegmentKind",
    "SegmentMember",
    "SegmentSummary",
    "TypicalMember",
]
