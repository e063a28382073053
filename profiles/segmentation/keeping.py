"""Making, changing and removing segments."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from crossmarket.foundation import locks
from crossmarket.foundation.models import Job
from profiles.models import Segment, SegmentKind
from profiles.segmentation import membership
from profiles.segmentation.order import check_no_circle, read
from profiles.segmentation.reading_rules import Fault, RuleError, parse
from profiles.segmentation.rebuilding import enqueue_rebuild
from profiles.segmentation.rule import AllOf, AnyOf, Condition, InSegment, NotOf, document, segments_in

SAVED = ("key", "name", "note", "kind", "rule", "cluster", "told", "is_active", "changed_at")
"""All but what is kept right by whatever changes the members."""


class SegmentInUse(Exception):
    """Other segments ask about this one; the message names them."""


@transaction.atomic
def save(segment: Segment, to_worker: bool = True) -> Job | None:
    """Store a segment, new or changed, and have its members found if they may be others now.

    The job that finds them is returned; with `to_worker` false it is left to the caller to run. From now on everyone
    of whom something changes is looked at by the new rule. Who belonged to a segment that is not kept up to date any
    more leaves it. Raises `RuleError`, `CircularRule`, and `SegmentInUse` for another key than others ask about.
    """
    locks.one_at_a_time(membership.LOCK)
    before = Segment.objects.filter(pk=segment.pk).first()
    check(segment)
    if before is None:
        segment.save()
    else:
        segment.save(update_fields=SAVED)
    if segment.kind == SegmentKind.CLUSTER and segment.is_active:
        return None
    return enqueue_rebuild(segment, to_worker) if before is None or _is_other(before, segment) else None


def check(segment: Segment) -> None:
    """Whether a segment can be saved like this; its rule is put into its shortest form. Raises as `save` does."""
    others = Segment.objects.exclude(pk=segment.pk)
    before = Segment.objects.filter(pk=segment.pk).first()
    if before is not None and before.key != segment.key:
        _check_unused(before)
    if segment.kind == SegmentKind.CLUSTER:
        return
    rule = parse(segment.rule)
    known = set(others.values_list("key", flat=True)) | {segment.key}
    unknown = [
        Fault(path, _("There is no segment “%(key)s”.") % {"key": key})
        for path, key in _asked(rule)
        if key not in known
    ]
    if unknown:
        raise RuleError(unknown)
    check_no_circle(segment.key, rule, {each.segment.key: each.rule for each in read(others) if each.rule is not None})
    segment.rule = document(rule)


@transaction.atomic
def remove(segment: Segment) -> None:
    """Delete a segment; platforms are told that its members left. Raises `SegmentInUse`."""
    locks.one_at_a_time(membership.LOCK)
    _check_unused(segment)
    Segment.objects.filter(pk=segment.pk).update(is_active=False)
    membership.dissolve(segment)
    segment.delete()


def _is_other(before: Segment, now: Segment) -> bool:
    """Whether others may belong than before."""
    if before.is_active != now.is_active:
        return True
    return now.kind != SegmentKind.CLUSTER and [each.rule for each in read([before])] != [parse(now.rule)]


def _check_unused(segment: Segment) -> None:
    others = read(Segment.objects.exclude(pk=segment.pk))
    asking = [str(each.segment) for each in others if each.rule is not None and segment.key in segments_in(each.rule)]
    if asking:
        detail = _("Other segments ask about “%(key)s”: %(names)s. Change these first.")
        raise SegmentInUse(detail % {"key": segment.key, "names": ", ".join(asking)})


def _asked(rule: Condition, path: str = "") -> Iterator[tuple[str, str]]:
    """The segments that a rule asks about, each with the path to where."""
    if isinstance(rule, NotOf):
        yield from _asked(rule.condition, f"{path}/not")
    elif isinstance(rule, AllOf | AnyOf):
        name = "all" if isinstance(rule, AllOf) else "any"
        for place, each in enumerate(rule.all if isinstance(rule, AllOf) else rule.any):
            yield from _asked(each, f"{path}/{name}/{place}")
    elif isinstance(rule, InSegment):
        yield f"{path}/segment", rule.segment
