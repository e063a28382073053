"""Reading a profile: told on the spot from what happened until now, with what was last learned from everybody."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.utils import timezone

from accounts.models import LinkedAccount
from profiles.modeling.columns import DAY, EventColumns
from profiles.modeling.features import features
from profiles.modeling.telling import tell
from profiles.modeling.traits import Traits
from profiles.models import ProfileModel
from profiles.profiling import sources, subjects
from profiles.profiling.model_store import current_model
from profiles.profiling.subjects import Subject
from profiles.profiling.telling_groups import background_of

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
    version, learned = current_model()
    against = background_of([subject], learned, now)
    events = sources.event_columns([subject], against.course_ids, against.platforms, latest=sources.MOST_LIVE_EVENTS)
    found = features(events, against.courses, learned.edges if learned else np.ones(1), against.seconds)
    traits = next(tell(found, against.naming, [subject.timezone], learned, against.seconds))
    return Portrait(subject.account_ids, traits, _weeks(events, now), now, version)


def _weeks(events: EventColumns, now: datetime) -> list[int]:
    ago = ((now.timestamp() - events.time) / DAY / 7).astype(np.int64).clip(min=0)
    return np.bincount(ago[ago < WEEKS], minlength=WEEKS)[::-1].tolist()
