"""An experiment with models: who of the people is answered by which."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from accounts import sharing
from accounts.models import LinkedAccount, Purpose
from crossmarket.foundation.leased_cache import LeasedCache
from profiles import experiments
from profiles.models import Experiment, ExperimentState
from recommend.models import ArmModel

CACHE_SECONDS = 300
"""So long at most after joining, separating or withdrawing somebody is answered by the model of the arm of before."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where an account belongs in an experiment; no arm for the holdout and for those who are not measured."""

    experiment_id: int
    arm_id: int | None


@dataclass(frozen=True)
class Trial:
    """A running experiment whose arms are answered by different models, by their versions' ids."""

    experiment_id: int
    model_of_arm: Mapping[int, UUID]


cache: LeasedCache[str, Place] = LeasedCache("model-trial", Place, CACHE_SECONDS)


def running() -> Trial | None:
    """The one that runs, if there is one."""
    arms = ArmModel.objects.filter(arm__experiment__state=ExperimentState.RUNNING).order_by("arm__experiment", "arm")
    rows = list(arms.values_list("arm__experiment_id", "arm_id", "model_id"))
    if not rows:
        return None
    first = rows[0][0]
    return Trial(first, {arm: model for experiment, arm, model in rows if experiment == first})


def arm_of(trial: Trial, platform_id: int, external_id: str, fetched: Mapping[str, bytes | None]) -> int | None:
    """The arm that this user of a platform belongs to; None for none. `fetched` may have the entry of `cache`."""
    name = sharing.cache_name(platform_id, external_id)

    def read(names: list[str]) -> dict[str, Place]:
        return {name: _read(trial.experiment_id, platform_id, external_id)}

    place = cache.get_many([name], read, fetched)[name]
    if place.experiment_id != trial.experiment_id:
        place = cache.read_through([name], read)[name]
    return place.arm_id


def _read(experiment_id: int, platform_id: int, external_id: str) -> Place:
    """Only of people whose doings may be measured: others would be treated differently to no end."""
    accounts = LinkedAccount.objects.consenting(Purpose.PROFILING).select_related("person")
    account = accounts.filter(platform=platform_id, external_id=external_id).first()
    if account is None:
        return Place(experiment_id, None)
    arm = experiments.assign(Experiment.objects.get(pk=experiment_id), account.person).arm
    return Place(experiment_id, arm.pk if arm else None)
