"""Keeping memberships right as things happen: whoever was stirred is looked at again, and nobody else.

Where rules ask about profiles, these are told anew first. That takes many times as long for each person as asking what
they did. So it comes second, a few persons at a time: all other segments are brought up to date first, also for
those who were stirred meanwhile, and a flood of events holds up nothing but what it is about.
"""

from django.db import transaction

from accounts.services import stirring
from crossmarket.foundation import locks
from profiles.models import ProfileModel, Segment
from profiles.profiling.retelling import retell
from profiles.segmentation import membership
from profiles.segmentation.counting import Moved
from profiles.segmentation.order import asking_profiles

AT_ONCE = 2_000
"""Marks of so many accounts are taken in one transaction, or of a few more."""
RETOLD_AT_ONCE = 200
"""The profiles of so many accounts are told anew in one transaction, or of a few more."""


def look() -> Moved:
    """Look at everyone who was marked, until no mark is left but of those whose profiles are told by the next look."""
    moved = Moved()
    while True:
        taken, some = _look_at_some()
        moved += some
        if taken < AT_ONCE:
            break
    retold, some = _retell_some()
    if retold >= RETOLD_AT_ONCE:
        stirring.tell()  # rather than going on: other tasks wait, too
    return moved + some


@transaction.atomic
def _look_at_some() -> tuple[int, Moved]:
    # The lock comes first: marks that are waited for with it are seen, and no second look need be sent for meanwhile.
    locks.one_at_a_time(membership.LOCK)
    account_ids = stirring.take(AT_ONCE)
    if not account_ids:
        return 0, Moved()
    concerned = sorted(set(account_ids))
    later = _asking_profiles()
    if not later:
        return len(account_ids), membership.settle(concerned)
    stirring.leave_for_later(concerned)
    at_once = set(Segment.objects.active().exclude(pk__in=later).values_list("pk", flat=True))
    return len(account_ids), membership.settle(concerned, at_once)


@transaction.atomic
def _retell_some() -> tuple[int, Moved]:
    """Tell the profiles of some who were left for later, and look at the segments that ask about profiles."""
    locks.one_at_a_time(membership.LOCK)
    account_ids = stirring.take_later(RETOLD_AT_ONCE)
    if not account_ids:
        return 0, Moved()
    concerned = sorted(set(account_ids))
    asking = asking_profiles(Segment.objects.active())
    if asking:
        retell(concerned)
    return len(account_ids), membership.settle(concerned, asking)


def _asking_profiles() -> set[int]:
    """The segments that profiles are to be told anew for; none before the first profile model."""
    asking = asking_profiles(Segment.objects.active())
    return asking if asking and ProfileModel.objects.current() else set()
