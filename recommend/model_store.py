"""Where trained models are kept: in Django's storage, a folder per version; read from a local copy, memory-mapped."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.algorithms.base import Algorithm
from recommend.algorithms.interactions import Int64Array
from recommend.algorithms.registry import UnknownAlgorithm, algorithm
from recommend.data_snapshot import digest_of_courses
from recommend.models import ModelVersion
from recommend.ranking.ranker import Ranker

BoolArray = npt.NDArray[np.bool_]
COURSES = "courses.npy"
MET = "met.npy"


@dataclass(frozen=True)
class StoredModel:
    """A trained model and the course behind each of its columns, int64 (n_items,), ascending.

    suggests: whether the model has something to say for or against each course, bool (n_items,); it may score
    courses that nobody met in training without knowing anything of them.
    """

    version_id: UUID
    name: str
    number: int
    model: Algorithm[Any]
    course_ids: Int64Array
    suggests: BoolArray

    def columns_of(self, course_ids: Int64Array) -> tuple[Int64Array, np.ndarray]:
        """The columns of these courses, int64, and whether the model has them, bool; both of the same length."""
        columns = np.searchsorted(self.course_ids, course_ids)
        columns[columns == len(self.course_ids)] = 0
        return columns, self.course_ids[columns] == course_ids if len(self.course_ids) else np.zeros(0, bool)


@dataclass(frozen=True, eq=False)
class StoredRanker:
    """A trained ranker."""

    version_id: UUID
    number: int
    ranker: Ranker


def save(version_id: UUID, model: Algorithm[Any], course_ids: Int64Array, met: BoolArray) -> None:
    """Store the model's folder, with the course of each column and whether anybody met it, both (n_items,)."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        model.save(directory)
        np.save(directory / COURSES, course_ids, allow_pickle=False)
        np.save(directory / MET, met, allow_pickle=False)
        _store(version_id, directory)


def save_ranker(version_id: UUID, ranker: Ranker) -> None:
    """Store the ranker's folder."""
    with tempfile.TemporaryDirectory() as folder:
        ranker.save(Path(folder))
        _store(version_id, Path(folder))


def load_ranker(version: ModelVersion) -> StoredRanker:
    """Read a stored ranker. Raises `CorruptedArtifact` with words for people."""
    try:
        return StoredRanker(version.pk, version.number, Ranker.load(_local_copy(version.pk)))
    except OSError as error:
        raise CorruptedArtifact(f"{version} cannot be read ({error}); train the ranker again.") from error


def load(version: ModelVersion) -> StoredModel:
    """Read a stored model. Raises `CorruptedArtifact` with words for people."""
    try:
        directory = _local_copy(version.pk)
        model = algorithm(version.algorithm).load(directory)
        course_ids = np.load(directory / COURSES, allow_pickle=False)
        met = np.load(directory / MET, allow_pickle=False) if (directory / MET).exists() else course_ids >= 0
    except UnknownAlgorithm as error:
        raise CorruptedArtifact(f"{version} is of an algorithm that is gone ({error}); train another model.") from error
    except (OSError, ValueError, EOFError) as error:
        raise CorruptedArtifact(f"{version} cannot be read ({error}); train the model again.") from error
    if course_ids.shape != (model.n_items,) or course_ids.dtype != np.int64:
        raise CorruptedArtifact(f"{directory / COURSES} does not fit the model beside it; train the model again.")
    if met.shape != course_ids.shape or met.dtype != np.bool_:
        raise CorruptedArtifact(f"{directory / MET} does not fit the model beside it; train the model again.")
    if version.snapshot.get("courses") not in (None, digest_of_courses(course_ids)):
        raise CorruptedArtifact(f"{directory / COURSES} is of other courses than the model beside it; train it again.")
    return StoredModel(version.pk, version.algorithm, version.number, model, course_ids, met | model.knows_unmet)


def delete(version_id: UUID) -> None:
    """Remove the model's folder, if there is one, and this machine's copy of it."""
    folder = _folder(version_id)
    shutil.rmtree(_copies() / str(version_id), ignore_errors=True)
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    default_storage.delete(folder)


def _store(version_id: UUID, directory: Path) -> None:
    for path in sorted(directory.iterdir()):
        with path.open("rb") as file:
            default_storage.save(f"{_folder(version_id)}/{path.name}", File(file))


def _folder(version_id: UUID) -> str:
    return f"models/{version_id}"


def _local_copy(version_id: UUID) -> Path:
    """The folder itself where the storage is a local one, else a copy made once per machine."""
    try:
        return Path(default_storage.path(_folder(version_id)))
    except NotImplementedError:
        copy = _copies() / str(version_id)
    if not copy.exists():
        _drop_copies()
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=copy.parent) as partial:
            for name in default_storage.listdir(_folder(version_id))[1]:
                with default_storage.open(f"{_folder(version_id)}/{name}") as source:
                    (Path(partial) / name).write_bytes(source.read())
            try:
                Path(partial).rename(copy)
            except OSError:
                if not copy.exists():  # else another process was quicker
                    raise
                Path(partial).mkdir(exist_ok=True)
    return copy


def _copies() -> Path:
    folder: Path = settings.VAR_DIR / "models"
    return folder


def _drop_copies() -> None:
    """Remove this machine's copies of models that are gone; whoever still has one in memory keeps it there."""
    if not _copies().exists():
        return
    known = {str(pk) for pk in ModelVersion.objects.values_list("pk", flat=True)}
    for copy in _copies().iterdir():
        if _is_version(copy.name) and copy.name not in known:
            shutil.rmtree(copy, ignore_errors=True)


def _is_version(name: str) -> bool:
    """Whether a folder is the copy of a model, and not one that is just being made."""
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
