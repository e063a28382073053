"""Curves and figures of a model as TensorBoard reads them: a folder of event files for each version.

They stand in Django's storage under `tensorboard/<algorithm>-v<number>/`, for `tensorboard --logdir …/tensorboard`.
"""

import tempfile
from pathlib import Path

import msgspec
from django.core.files import File
from django.core.files.storage import default_storage

from recommend.models import ModelVersion

FOLDER = "tensorboard"
FILE = "events.out.tfevents.0"


def path_of(version: ModelVersion) -> str:
    """Where the event file of this version stands in the storage."""
    return f"{FOLDER}/{version.algorithm}-v{version.number}/{FILE}"


def write(version: ModelVersion) -> None:
    """Write what is known of a version: losses by epoch, precision and recall by length of list, figures, settings."""
    from tensorboardX import SummaryWriter  # loads protobuf, which web processes do without

    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder) as writer:
            at = version.created_at.timestamp()
            for point in version.loss_curve:
                for name in ("training_loss", "validation_loss"):
                    if point.get(name) is not None:
                        writer.add_scalar(f"loss/{name.removesuffix('_loss')}", point[name], point["epoch"], at)
            for k, precision, recall in version.report.get("curve", []):
                writer.add_scalar("list/precision", precision, k, at)
                writer.add_scalar("list/recall", recall, k, at)
            for name, value in version.metrics.items():
                writer.add_scalar(f"metrics/{name.replace('@', '_at_')}", value, version.number, at)
            told = {"settings": version.config, "data": version.snapshot, "libraries": version.environment}
            writer.add_text("version", msgspec.json.format(msgspec.json.encode(told)).decode(), version.number, at)
        written = next(path for path in Path(folder).iterdir() if "tfevents" in path.name)
        delete(version)
        with written.open("rb") as file:
            default_storage.save(path_of(version), File(file))


def delete(version: ModelVersion) -> None:
    """Remove the event file of this version, if there is one."""
    if default_storage.exists(path_of(version)):
        default_storage.delete(path_of(version))
        default_storage.delete(path_of(version).removesuffix(f"/{FILE}"))
