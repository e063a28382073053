"""Telling the profiles of a group of subjects at once: in a building, and for those of whom something changed."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np

from profiles.modeling import features
from profiles.modeling.columns import CourseColumns, Floats, Ints
from profiles.modeling.features import Features
from profiles.modeling.profile_model import ProfileModel as Learned
from profiles.modeling.telling import Naming, tell
from profiles.models import Course
from profiles.profiling import sources
from profiles.profiling.subjects import Subject
from profiles.profiling.writing import BuiltProfile


class Background(msgspec.Struct, frozen=True):
    """What events are read against. course_ids: ascending, the rows of `courses`. platforms: slugs. topics: names."""

    platforms: Sequence[str]
    course_ids: Ints
    courses: CourseColumns
    topics: Sequence[str]
    now: datetime

    @property
    def seconds(self) -> float:
        """The moment in epoch seconds."""
        return self.now.timestamp()

    @property
    def naming(self) -> Naming:
        """The names behind the columns of features."""
        return Naming(self.courses.categories, self.topics, self.platforms)


def background_of(subjects: Sequence[Subject], learned: Learned | None, now: datetime) -> Background:
    """What is enough for these subjects: only the courses that they touched, and only their platforms.

    Without a model there are no topics, and the categories are those of the courses.
    """
    touched = sources.touched_courses([account_id for subject in subjects for account_id in subject.account_ids])
    courses = Course.objects.filter(pk__in=touched.tolist())
    if learned:
        words, topic_ids, shares = learned.words, learned.course_ids, learned.course_topics
        categories, topics, currency = words.categories, words.topics, words.currency
    else:
        topic_ids, shares = np.zeros(0, dtype=np.int64), np.zeros((0, 0))
        categories, topics, currency = sources.categories_of(courses), [], sources.usual_currency()
    course_ids, columns = sources.course_columns(courses, categories, currency, topic_ids, shares)
    platforms = sorted({member.platform for subject in subjects for member in subject.members})
    return Background(platforms, course_ids, columns, topics, now)


def features_of(group: Sequence[Subject], against: Background, edges: Floats) -> Features:
    """The features of these subjects, of all their events."""
    events = sources.event_columns(group, against.course_ids, against.platforms)
    return features.features(events, against.courses, edges, against.seconds)


def tell_group(group: Sequence[Subject], against: Background, learned: Learned) -> list[BuiltProfile]:
    """The profiles of these subjects; who has done nothing has none."""
    found = features_of(group, against, learned.edges)
    vectors, tastes = learned.vectors(found, against.seconds).tolist(), learned.tastes(found).tolist()
    told = tell(found, against.naming, [subject.timezone for subject in group], learned, against.seconds)
    return [
        BuiltProfile(subject.lead, subject.account_ids, traits, vector, taste if any(taste) else [])
        for subject, traits, vector, taste in zip(group, told, vectors, tastes, strict=True)
        if traits.events
    ]
