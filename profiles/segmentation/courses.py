"""Rules that ask what courses are like: when a course is described otherwise, others may belong."""

from django.db import transaction

from profiles.models import Segment
from profiles.segmentation.order import read
from profiles.segmentation.rebuilding import enqueue_rebuild
from profiles.segmentation.rule import asks_courses


def rebuild_on_commit() -> None:
    """Have the segments that ask about categories or kinds rebuilt, once the running transaction is committed.

    Call it where courses that were known before get another category or kind: often events come first, and what they
    are about is told later. Whose events are about a course is not known without reading all, so nobody is marked.
    """
    transaction.on_commit(_rebuild, robust=True)


def _rebuild() -> None:
    # After the commit only: a rebuild that waits by now has not begun, and will see the courses as they are.
    for each in read(Segment.objects.active()):
        if each.rule is not None and asks_courses(each.rule):
            enqueue_rebuild(each.segment)
