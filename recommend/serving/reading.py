"""Reading the active version of a role into a process's memory, so that a damaged one takes nothing down."""

from collections.abc import Callable
from typing import Protocol, TypeVar
from uuid import UUID

import structlog

from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.models import ModelVersion, Role

logger = structlog.get_logger(__name__)

MOST_TRIED = 3
"""So many versions that were active before are tried when the active one cannot be read."""


class Stored(Protocol):
    """What is read of a version."""

    @property
    def version_id(self) -> UUID:
        """Which version it is of."""


Read = TypeVar("Read", bound=Stored)


def active(
    role: Role, held: Read | None, loaded: dict[UUID, Read], load: Callable[[ModelVersion], Read]
) -> Read | None:
    """What answers now in a role; None when nothing was trained yet, or nothing can be read, which is logged.

    When the active version cannot be read, the one that is `held` goes on, or else one that was active before answers.
    Of rankers these are only such as learned to order the lists of the same model. loaded: as for `version`.
    """
    wanted = ModelVersion.objects.active(role)
    if wanted is None:
        return None
    found = version(wanted, loaded, load)
    if found is not None:
        return found
    fitting = ModelVersion.objects.filter(role=role, first_stage=wanted.first_stage_id)
    if role is Role.RECOMMENDER:
        fitting = ModelVersion.objects.filter(role=role)
    if held is not None and fitting.filter(pk=held.version_id).exists():
        logger.warning("model_goes_on", role=str(role), model=str(held.version_id))
        return held
    for earlier in fitting.before(wanted)[:MOST_TRIED]:
        found = version(earlier, loaded, load)
        if found is not None:
            logger.warning("model_before_answers", role=str(role), model=str(earlier))
            return found
    return None


def version(wanted: ModelVersion, loaded: dict[UUID, Read], load: Callable[[ModelVersion], Read]) -> Read | None:
    """The version, from what is `loaded` already or by `load`; None when it cannot be read, which is logged."""
    if wanted.pk in loaded:
        return loaded[wanted.pk]
    try:
        found = load(wanted)
    except CorruptedArtifact as error:
        logger.error("model_unreadable", model=str(wanted), error=str(error))  # noqa: TRY400 - its words say all
        return None
    logger.info("model_loaded", model=str(wanted))
    loaded[wanted.pk] = found
    return found
