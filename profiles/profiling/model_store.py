"""Where profile models are kept: in Django's storage, plain arrays and words, never a pickle."""

import io
from functools import lru_cache
from uuid import UUID
from zipfile import BadZipFile

import msgspec
import numpy as np
import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from profiles.modeling import profile_model
from profiles.modeling.profile_model import ProfileModel as Learned
from profiles.modeling.profile_model import Words
from profiles.models import ProfileModel

logger = structlog.get_logger(__name__)

ARRAYS, WORDS = "arrays.npz", "words.json"


class ModelUnreadable(Exception):
    """A stored profile model is missing or damaged; the message tells what to do."""


def save(version_id: UUID, learned: Learned) -> None:
    """Store what was learned."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **profile_model.arrays_of(learned))
    default_storage.save(_path(version_id, ARRAYS), ContentFile(buffer.getvalue()))
    default_storage.save(_path(version_id, WORDS), ContentFile(msgspec.json.encode(learned.words)))


def load(version: ProfileModel) -> Learned:
    """Read a stored model; a process reads each once. Raises `ModelUnreadable`."""
    return _load(version.pk, str(version))


def current_model() -> tuple[ProfileModel, Learned] | tuple[None, None]:
    """The model that profiles are told with now; none before the first building, or when it cannot be read."""
    version = ProfileModel.objects.current()
    if version is None:
        return None, None
    try:
        return version, load(version)
    except ModelUnreadable as error:
        logger.warning("profile_model_unreadable", error=str(error))
        return None, None


def delete(version_id: UUID) -> None:
    """Remove a model's files."""
    for name in (ARRAYS, WORDS):
        default_storage.delete(_path(version_id, name))


@lru_cache(maxsize=2)
def _load(version_id: UUID, name: str) -> Learned:
    try:
        with default_storage.open(_path(version_id, WORDS)) as file:
            words = msgspec.json.decode(file.read(), type=Words)
        if words.format != profile_model.FORMAT:
            raise ValueError(f"it is of format {words.format}, and this is format {profile_model.FORMAT}")
        with default_storage.open(_path(version_id, ARRAYS)) as file:
            stored = np.load(io.BytesIO(file.read()), allow_pickle=False)
            return profile_model.model_from(words, dict(stored.items()))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, msgspec.DecodeError) as error:
        raise ModelUnreadable(
            f"Profile model {name} cannot be read ({error}). Build the profiles again: manage.py build_profiles."
        ) from error


def _path(version_id: UUID, name: str) -> str:
    return f"profile-models/{version_id}/{name}"
