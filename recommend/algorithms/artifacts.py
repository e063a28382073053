"""Trained models as folders: one `.npy` file per array (memory-mappable) and `model.json`, never a pickle."""

import zlib
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

MANIFEST = "model.json"
FORMAT = 1

Arrays = dict[str, npt.NDArray[Any]]


class CorruptedArtifact(Exception):
    """A stored model is missing, incomplete, changed after it was written, or of another kind."""


class LossPoint(msgspec.Struct, frozen=True):
    """The mean losses after one epoch (1, 2, ...); `validation_loss` is None where nothing was held out."""

    epoch: int
    training_loss: float
    validation_loss: float | None


class ArrayFile(msgspec.Struct, frozen=True):
    """What an array's file must hold; `checksum` is the CRC-32 of its values."""

    shape: tuple[int, ...]
    dtype: str
    checksum: int


class Manifest(msgspec.Struct, frozen=True):
    """The contents of `model.json`."""

    algorithm: str
    config: dict[str, Any]
    n_items: Annotated[int, msgspec.Meta(ge=1)]
    loss_curve: list[LossPoint]
    arrays: dict[str, ArrayFile] = {}
    format: int = FORMAT


def write_artifact(directory: Path, manifest: Manifest, arrays: Arrays) -> None:
    """Store a model. Files are replaced whole, so that processes reading an older model there are not disturbed."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {name: _write_array(directory, name, array) for name, array in arrays.items()}
    encoded = msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(manifest, arrays=files)))
    partial = directory / f"{MANIFEST}.partial"
    partial.write_bytes(encoded)
    partial.replace(directory / MANIFEST)


def read_manifest(directory: Path) -> Manifest:
    """Which model is stored there. Raises `CorruptedArtifact`."""
    path = directory / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise CorruptedArtifact(f"There is no trained model in {directory}: {MANIFEST} is missing.") from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CorruptedArtifact(f"{path} cannot be read ({error}); train the model again.") from error
    if manifest.format != FORMAT:
        raise CorruptedArtifact(
            f"{path} has format {manifest.format}, this version reads {FORMAT}; train the model again."
        )
    return manifest


def read_arrays(directory: Path, manifest: Manifest) -> Arrays:
    """The model's arrays, memory-mapped read-only and checked. Raises `CorruptedArtifact`."""
    return {name: _read_array(directory / f"{name}.npy", file) for name, file in manifest.arrays.items()}


def _write_array(directory: Path, name: str, array: npt.NDArray[Any]) -> ArrayFile:
    array = np.ascontiguousarray(array)
    partial = directory / f"{name}.npy.partial"
    with partial.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    partial.replace(directory / f"{name}.npy")
    return ArrayFile(shape=array.shape, dtype=array.dtype.str, checksum=zlib.crc32(array.data))


def _read_array(path: Path, expected: ArrayFile) -> npt.NDArray[Any]:
    try:
        array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except FileNotFoundError:
        raise CorruptedArtifact(f"{path} is missing; train the model again.") from None
    except (OSError, ValueError, EOFError) as error:
        raise CorruptedArtifact(f"{path} is damaged ({error}); train the model again.") from error
    if (
        array.shape != expected.shape
        or array.dtype.str != expected.dtype
        or zlib.crc32(array.data) != expected.checksum
    ):
        raise CorruptedArtifact(f"{path} is not the file that was written with this model; train the model again.")
    return array
