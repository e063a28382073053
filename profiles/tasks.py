"""What workers do for profiles: importing this module lets them know the kinds of jobs."""

from celery import shared_task

from accounts.services import stirring
from profiles import importing, learning_likeness, replaying
from profiles.cleaning import looking
from profiles.profiling import building
from profiles.segmentation import clusters, live, passing_time, rebuilding, summaries

__all__ = [
    "build_profiles_nightly",
    "clean_what_came",
    "follow_profiles",
    "importing",
    "learning_likeness",
    "rebuilding",
    "replaying",
    "summaries",
]


@shared_task(name="profiles.build_profiles_nightly", ignore_result=True)
def build_profiles_nightly() -> None:
    """Build all profiles anew."""
    building.enqueue_build()


@shared_task(name="profiles.clean_what_came", ignore_result=True)
def clean_what_came() -> None:
    """Judge the events that were received since the last look."""
    looking.look()


@shared_task(name=stirring.LOOK, ignore_result=True)
def look_at_stirred() -> None:
    """Look again who belongs to segments, of those of whom something changed."""
    live.look()


@shared_task(name="live.let_time_pass", ignore_result=True)
def let_time_pass() -> None:
    """Mark those of whom time alone changed something; they are looked at right after."""
    passing_time.let_time_pass()


@shared_task(name="profiles.follow_profiles", ignore_result=True)
def follow_profiles() -> None:
    """Look for clusters anew once all profiles were built anew."""
    clusters.follow_profiles()
