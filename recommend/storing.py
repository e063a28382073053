"""Storing a trained model: its files first, then its row, so that there is no row without files."""

import contextlib
import errno
import platform
import uuid
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import UUID

import structlog
from django.db import models, transaction

from crossmarket.foundation.jobs import JobFailed
from crossmarket.foundation.locks import one_at_a_time
from recommend import model_store
from recommend.algorithms.base import EmptyDataset, InvalidConfig
from recommend.models import ModelVersion

logger = structlog.get_logger(__name__)

NUMBERING = "numbering models"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch")
FULL = (errno.ENOSPC, errno.EDQUOT)


def store_version(save: Callable[[UUID], None], algorithm: str, **columns: Any) -> ModelVersion:
    """Store a model under the next number of its algorithm. `save` stores the files under the id that it is given.

    Raises what `save` raises; then nothing of the model is left.
    """
    version_id = uuid.uuid4()
    try:
        save(version_id)
        with transaction.atomic():
            one_at_a_time(NUMBERING)
            latest = ModelVersion.objects.filter(algorithm=algorithm).aggregate(models.Max("number"))["number__max"]
            return ModelVersion.objects.create(
                id=version_id,
                algorithm=algorithm,
                number=(latest or 0) + 1,
                environment=environment(),
                **columns,
            )
    except BaseException:
        _clear_away(version_id)
        raise


def environment(libraries: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """The versions of Python and of the libraries that make models what they are."""
    versions = {"python": platform.python_version()}
    for name in libraries:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


@contextlib.contextmanager
def told_to_people() -> Iterator[None]:
    """Let what people can mend in a training end its job in words. Raises `JobFailed`."""
    try:
        yield
    except (EmptyDataset, InvalidConfig, FloatingPointError) as error:
        raise JobFailed(str(error)) from error
    except MemoryError as error:
        raise JobFailed(
            "There is not enough memory to train this model; fewer courses or dimensions need less."
        ) from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise JobFailed(
            "There is no room left where models are stored, so this one was not kept; make room and train it again."
        ) from error


def _clear_away(version_id: UUID) -> None:
    try:
        model_store.delete(version_id)
    except OSError as error:
        logger.warning("model_files_left", version=str(version_id), error=str(error))
