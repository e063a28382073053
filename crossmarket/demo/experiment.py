"""An experiment that has been running for weeks in the demo, with an effect that is planted and hence known."""

import random
from datetime import UTC, datetime, timedelta

from crossmarket.demo.load import LoadedWorld
from crossmarket.demo.world import DemoWorld
from profiles import experiments
from profiles.event_store import NewEvent, store
from profiles.models import Arm, EventType, Experiment, Exposure, Measure

SLUG = "search-hints"
STARTED_DAYS_AGO = 45
EXPOSING_DAYS = 40
"""On each of them as many people meet their arm."""
OUTCOME_DAYS = 14
SEARCHING_MORE = 0.15
"""The planted effect: of those who are shown hints, this share searches once more within the days that count."""


def run_experiment(world: DemoWorld, loaded: LoadedWorld) -> Experiment:
    """Start it in the past, expose the world's people day by day, and let the hints have their effect.

    Searches tell nothing of liking a course, so what people like stays as the world has planted it.
    """
    now = datetime.fromtimestamp(world.now, UTC)
    started = now - timedelta(days=STARTED_DAYS_AGO)
    experiment = experiments.start(_draft(), started)
    account_ids = loaded.account_ids.tolist()
    random.Random(world.seed).shuffle(account_ids)
    for day in range(EXPOSING_DAYS):
        experiments.expose(experiment, account_ids[day::EXPOSING_DAYS], started + timedelta(days=day))
    _plant(experiment, world.seed, now)
    return experiment


def _draft() -> Experiment:
    experiment = Experiment.objects.create(
        slug=SLUG,
        name="搜索框：显示热门搜索词",
        hypothesis="在搜索框里显示热门搜索词，会让更多人开始搜索。",
        outcome_types=[EventType.SEARCH],
        outcome_measure=Measure.ANY,
        outcome_days=OUTCOME_DAYS,
    )
    Arm.objects.create(experiment=experiment, slug="empty", name="空白搜索框", is_control=True)
    Arm.objects.create(experiment=experiment, slug="hints", name="显示热门搜索词")
    return experiment


def _plant(experiment: Experiment, seed: int, now: datetime) -> None:
    chance = random.Random(seed)
    shown = Exposure.objects.filter(experiment=experiment, arm__slug="hints").select_related("account").order_by("pk")
    planted: dict[int, list[NewEvent]] = {}
    for exposure in shown:
        at = exposure.exposed_at + timedelta(days=OUTCOME_DAYS * chance.random())
        if chance.random() < SEARCHING_MORE and at < now:
            message = f"{SLUG}-{exposure.account_id}"
            event = NewEvent(message, EventType.SEARCH, exposure.account_id, None, None, at)
            planted.setdefault(exposure.account.platform_id, []).append(event)
    for platform_id, events in planted.items():
        store(platform_id, events)
