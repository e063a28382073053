"""What is planted in the demo's people is found in their profiles, from rows of events to traits."""

import numpy as np
import pytest

from crossmarket.demo.addresses import Addresses
from crossmarket.demo.load import load
from crossmarket.demo.people import HOUR_PATTERNS, SPENDING_TIERS
from crossmarket.demo.world import generate
from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from profiles.models import Profile
from profiles.profiling.building import enqueue_build
from tests.profiles.silent import Silent

FEWEST_EVENTS = 20


@pytest.mark.django_db
def test_planted_hours_and_spending_are_found_in_profiles_of_20_events_and_more() -> None:
    world = generate(users=800, courses=400, seed=7)
    loaded = load(world, Addresses(8000), Silent())
    job = jobs.run(enqueue_build(to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    person_of = dict(zip(loaded.account_ids.tolist(), world.accounts.person.tolist()))
    profiles = [each for each in Profile.objects.order_by("pk") if each.traits["events"] >= FEWEST_EVENTS]
    persons = np.array([person_of[each.account_id] for each in profiles])
    assert len(persons) > 300

    # The hours told are nearer to the person's own pattern than to the four others.
    told = np.array([each.traits["hours"]["by_hour"] for each in profiles])
    truth = np.array([pattern.week() for pattern in HOUR_PATTERNS])
    nearest = np.abs(told[:, None, :] - truth[None, :, :]).sum(axis=2).argmin(axis=1)
    hours_found = (nearest == world.planted.hours[persons]).mean()
    assert hours_found >= 0.95

    # With a tenth of the members and courses there is less to learn from than in test_tiers_planted.py.
    tiers = np.array([SPENDING_TIERS.index(each.traits["spending"]["tier"]) for each in profiles])
    apart = np.abs(tiers - world.planted.spending[persons])
    assert (apart == 0).mean() >= 0.85
    assert (apart == 2).mean() <= 0.02
