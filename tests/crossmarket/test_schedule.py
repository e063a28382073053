"""What beat asks workers to do: things they know, and the heavy ones at night."""

from datetime import timedelta

import pytest
from celery.schedules import crontab
from django.conf import settings

from crossmarket.celery import app

NIGHTLY = (
    "accounts.matching.look_nightly",
    "profiles.build_profiles_nightly",
    "recommend.look_at_courses_nightly",
)


def schedule_of(task: str) -> crontab:
    (schedule,) = [each["schedule"] for each in settings.CELERY_BEAT_SCHEDULE.values() if each["task"] == task]
    assert isinstance(schedule, crontab)
    return schedule


def test_workers_know_whatever_is_asked_of_them() -> None:
    app.loader.import_default_modules()
    asked = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert asked - app.tasks.keys() == set()


@pytest.mark.parametrize("task", NIGHTLY)
def test_what_takes_long_is_done_at_night_by_the_clock_of_the_house(task: str) -> None:
    assert max(schedule_of(task).hour) < 6
    assert settings.CELERY_TIMEZONE == settings.TIME_ZONE


@pytest.mark.parametrize("task", NIGHTLY)
def test_a_night_that_was_missed_is_made_up_for_and_none_is_repeated(task: str) -> None:
    schedule = schedule_of(task)
    assert schedule.is_due(app.now() - timedelta(hours=25)).is_due
    assert not schedule.is_due(app.now()).is_due
