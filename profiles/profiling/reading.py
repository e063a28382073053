"""Reading a profile: told on the spot from what happened until now, with what was last learned from everybody."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import structlog
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import LinkedAccount, Purpose
from profiles.modeling.columns import DAY, EventColumns, Ints
from profiles.modeling.features import features
from profiles.modeling.profile_model import ProfileModel as Learned
from profiles.modeling.telling import Naming, tell
from profiles.modeling.traits import Traits
from profiles.models import Course, Event, ProfileModel
from profiles.profiling import model_store, sources, subjects
from profiles.profiling.subjects import Subject

logger = structlog.get_logger(__name__)

WEEKS = 26


@dataclass(frozen=True)
class Portrait:
    """A profile as it is told now.

    account_ids: whose events it is made of. weeks: events in each of the last `WEEKS` weeks, the latest last.
    model: what compares the person with others was learned by this model; None before the first building.
    """

    account_ids: list[int]
    traits: Traits
    weeks: list[int]
    fresh_at: datetime
    model: ProfileModel | None


def portrait_of(account: LinkedAccount) -> Portrait | None:
    """What consent allows to tell of the person when this account is asked about; None when it allows nothing.

    Every event taken until now counts; beyond the latest 5,000 events nothing is looked at.
    """
    return portrait_of_subject(subjects.of_account(account))


def portrait_of_subject(subject: Subject | None) -> Portrait | None:
    """The same for these accounts together; None for nobody."""
    return _portrait(subject) if subject else None


def portraits_of_person(person_id: UUID) -> list[Portrait]:
    """All profiles of a person, as an operator sees them: accounts that are not to be joined are told apart."""
    return [_portrait(subject) for subject in subjects.of_person(person_id)]


def _portrait(subject: Subject) -> Portrait:
    now = timezone.now()
    version, learned = _model()
    course_ids, events = _events(subject)
    courses = Course.objects.filter(pk__in=course_ids.tolist())
    if learned:
        words, topic_ids, topics, edges = learned.words, learned.course_ids, learned.course_topics, learned.edges
        categories, names, currency = words.categories, words.topics, words.currency
    else:
        topic_ids, topics, edges = np.zeros(0, dtype=np.int64), np.zeros((0, 0)), np.ones(1)
        categories, names, currency = _categories(courses), [], sources.usual_currency()
    _ids, columns = sources.course_columns(courses, categories, currency, topic_ids, topics)
    found = features(events, columns, edges, now.timestamp())
    naming = Naming(categories, names, _platforms(subject))
    traits = next(tell(found, naming, [subject.timezone], learned, now.timestamp()))
    return Portrait(subject.account_ids, traits, _weeks(events, now), now, version)


def _model() -> tuple[ProfileModel | None, Learned | None]:
    version = ProfileModel.objects.current()
    if version is None:
        return None, None
    try:
        return version, model_store.load(version)
    except model_store.ModelUnreadable as error:
        logger.warning("profile_model_unreadable", error=str(error))
        return None, None


def _events(subject: Subject) -> tuple[Ints, EventColumns]:
    """The courses of the subject's events, ascending, and the events."""
    consented = Event.objects.consented(Purpose.PROFILING).cleaned()
    touched = consented.filter(account__in=subject.account_ids, course__isnull=False)
    ids = touched.order_by("course_id").values_list("course_id", flat=True).distinct()
    course_ids = np.fromiter(ids, dtype=np.int64)
    return course_ids, sources.event_columns(
        [subject], course_ids, _platforms(subject), latest=sources.MOST_LIVE_EVENTS
    )


def _platforms(subject: Subject) -> list[str]:
    return sorted({member.platform for member in subject.members})


def _categories(courses: QuerySet[Course]) -> list[str]:
    return sorted(set(courses.exclude(category="").values_list("category", flat=True)))


def _weeks(events: EventColumns, now: datetime) -> list[int]:
    ago = ((now.timestamp() - events.time) / DAY / 7).astype(np.int64).clip(min=0)
    return np.bincount(ago[ago < WEEKS], minlength=WEEKS)[::-1].tolist()
