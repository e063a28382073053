"""A platform whose learners have planted tastes, and models trained on what they did."""

from datetime import UTC, datetime, timedelta
from typing import Any

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from recommend.models import ModelVersion
from recommend.training import Activation, enqueue_training
from tests.partner import Partner, batch, event, item, new_partner

ITEMS, LEARNERS, GROUPS = 12, 36, 3
QUICK = {
    "ease": {"regularization": 5},
    "popularity": {},
    "bilinear": {"max_epochs": 2, "device": "cpu"},
    "content": {},
    "deep_mf": {"max_epochs": 2, "device": "cpu", "hidden_dimensions": 16},
}
START = datetime.now(UTC) - timedelta(days=2)


def planted_partner(slug: str = "shop", learners: int = LEARNERS) -> Partner:
    """Items `c0` to `c11`, of which learner `l<n>` met three of the group n % 3; items of a group are three apart."""
    partner = new_partner(slug)
    described = partner.post("/items", batch(*(item(f"c{n}", category=f"第 {n % GROUPS} 组") for n in range(ITEMS))))
    assert described.json()["accepted"] == ITEMS
    done = [
        event(
            user_id=f"l{learner}",
            item_id=f"c{learner % GROUPS + GROUPS * ((learner // GROUPS + step) % (ITEMS // GROUPS))}",
            timestamp=(START + timedelta(minutes=10 * learner + step)).isoformat(),
        )
        for learner in range(learners)
        for step in range(3)
    ]
    assert partner.post("/events", batch(*done)).json()["accepted"] == len(done)
    return partner


def trained_job(name: str = "ease", activation: Activation = Activation.ALWAYS, **settings: Any) -> Job:
    """A training that was done in this process."""
    return jobs.run(enqueue_training(name, {**QUICK[name], **settings}, activation, to_worker=False).pk)


def trained(name: str = "ease", activation: Activation = Activation.ALWAYS, **settings: Any) -> ModelVersion:
    """The model that came of it."""
    job = trained_job(name, activation, **settings)
    assert job.state == JobState.SUCCEEDED, job.error
    return ModelVersion.objects.get(pk=job.result["model_id"])


def group_of(item_id: str) -> int:
    """Which group an item belongs to."""
    return int(item_id.removeprefix("c")) % GROUPS
