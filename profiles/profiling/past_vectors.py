"""Profile vectors as they would have been at moments of the past."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from profiles.modeling.columns import EventColumns, Floats
from profiles.modeling.features import features
from profiles.profiling import sources
from profiles.profiling.model_store import current_model
from profiles.profiling.subjects import Subject
from profiles.profiling.telling_groups import background_of

AT_ONCE = 2_000


def vectors_at(subjects: Sequence[Subject], moments: Sequence[float]) -> tuple[UUID | None, list[Floats]]:
    """Vectors of the subjects out of what they did before each moment (epoch seconds), with what is known now of axes.

    For each moment an array (subjects, dimensions), with rows of NaN for those who had done nothing. With the profile
    model that the axes belong to; None, and no dimensions, before the first building.
    """
    version, learned = current_model()
    if version is None or learned is None:
        return None, [np.zeros((len(subjects), 0)) for _moment in moments]
    found: list[list[Floats]] = [[np.zeros((0, len(learned.pipeline["reduce"].components_)))] for _moment in moments]
    for start in range(0, len(subjects), AT_ONCE):
        group = subjects[start : start + AT_ONCE]
        against = background_of(group, learned, datetime.now(UTC))
        events = sources.event_columns(group, against.course_ids, against.platforms)
        for parts, moment in zip(found, moments, strict=True):
            told = features(_until(events, moment), against.courses, learned.edges, moment)
            vectors = learned.vectors(told, moment)
            vectors[told.events == 0] = np.nan
            parts.append(vectors)
    return version.pk, [np.concatenate(parts) for parts in found]


def _until(events: EventColumns, moment: float) -> EventColumns:
    kept = events.time < moment
    return replace(
        events,
        person=events.person[kept],
        account=events.account[kept],
        platform=events.platform[kept],
        course=events.course[kept],
        type=events.type[kept],
        value=events.value[kept],
        engagement=events.engagement[kept],
        time=events.time[kept],
        local=events.local[kept],
    )
