"""Keeping memberships right as things happen: whoever was stirred is looked at again, and nobody else."""

from django.db import transaction

from accounts.services import stirring
from crossmarket.foundation import locks
from profiles.segmentation import membership
from profiles.segmentation.counting import Moved

AT_ONCE = 2_000
"""Marks of so many accounts are taken in one transaction, or of a few more."""


def look() -> Moved:
    """Look at everyone who was marked, until no mark is left."""
    moved = Moved()
    while True:
        taken, some = _look_at_some()
        moved += some
        if taken < AT_ONCE:
            return moved


@transaction.atomic
def _look_at_some() -> tuple[int, Moved]:
    # The lock comes first: marks that are waited for with it are seen, and no second look need be sent for meanwhile.
    locks.one_at_a_time(membership.LOCK)
    account_ids = stirring.take(AT_ONCE)
    return len(account_ids), membership.settle(sorted(set(account_ids))) if account_ids else Moved()
