"""Event files for TensorBoard, read back record by record."""

import struct

import pytest
from django.core.files.storage import default_storage
from tensorboardX.proto.event_pb2 import Event

from recommend import tensorboard, versions
from recommend.models import ModelVersion
from tests.factories import ModelVersionFactory
from tests.recommend.trained import planted_partner, trained


def scalars_of(version: ModelVersion) -> dict[str, list[tuple[int, float]]]:
    """The values by tag, as (step, value)."""
    with default_storage.open(tensorboard.path_of(version)) as file:
        content = file.read()
    found: dict[str, list[tuple[int, float]]] = {}
    at = 0
    while at < len(content):
        (size,) = struct.unpack("<Q", content[at : at + 8])
        event = Event.FromString(content[at + 12 : at + 12 + size])
        at += 12 + size + 4
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


@pytest.mark.django_db
class TestTensorBoard:
    def test_a_version_has_its_curves_and_figures(self) -> None:
        planted_partner()
        version = trained("bilinear")
        told = scalars_of(version)
        losses = [(point["epoch"], pytest.approx(point["training_loss"])) for point in version.loss_curve]
        assert told["loss/training"] == losses
        assert told["list/recall"][9] == (10, pytest.approx(version.metrics["recall@10"], abs=1e-4))
        assert told["metrics/ndcg_at_10"] == [(1, pytest.approx(version.metrics["ndcg@10"]))]

    def test_it_goes_with_its_version(self, django_capture_on_commit_callbacks: object) -> None:
        old = ModelVersionFactory(algorithm="ease", number=1)
        tensorboard.write(old)
        for number in range(2, 2 + versions.KEPT):
            ModelVersionFactory(algorithm="ease", number=number)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            versions.drop_old("ease")
        assert not default_storage.exists(tensorboard.path_of(old))
