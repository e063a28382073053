"""The life of a batch: from the first idea over a review to the end."""

from django.conf import settings
from django.contrib.auth.models import PermissionsMixin
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crossmarket.foundation import audit
from crossmarket.foundation.audit import Actor
from crossmarket.foundation.models import AuditEntry
from promotions import holdouts, hours, scope
from promotions.models import BatchState, CodeKind, CouponBatch
from promotions.reach import reach_of

MAY_APPROVE = "promotions.approve_couponbatch"
OTHER_PERSON = gettext_lazy("Somebody else has to approve this batch: you handed it in or changed it since.")


class CannotChange(Exception):
    """The batch cannot go to that state; the message says what to do."""


STEPS: dict[BatchState, tuple[BatchState, ...]] = {
    BatchState.DRAFT: (BatchState.REVIEW,),
    BatchState.REVIEW: (BatchState.DRAFT, BatchState.LIVE),
    BatchState.LIVE: (BatchState.PAUSED, BatchState.ENDED),
    BatchState.PAUSED: (BatchState.LIVE, BatchState.ENDED),
    BatchState.ENDED: (),
}
"""Where a batch may go from each state."""


def move(batch: CouponBatch, to: BatchState, actor: Actor = None) -> CouponBatch:
    """Take the batch a step on, or back, and write down who did. Raises `CannotChange`."""
    reach = _reach(batch) if to == BatchState.LIVE and batch.reach is None else batch.reach
    return _move(batch, to, reach, actor)


@transaction.atomic
def _move(batch: CouponBatch, to: BatchState, reach: int | None, actor: Actor) -> CouponBatch:
    held = CouponBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if to not in STEPS[BatchState(held.state)]:
        raise CannotChange(
            _("A batch that is “%(from)s” cannot become “%(to)s”.") % {"from": held.get_state_display(), "to": to.label}
        )
    if to in (BatchState.REVIEW, BatchState.LIVE):
        _check(held)
    if settings.FOUR_EYES and (held.state, to) == (BatchState.REVIEW, BatchState.LIVE):
        _check_second_person(held, actor)
    if to == BatchState.LIVE and held.holdout and held.experiment is None:
        held.experiment = holdouts.open_for(held)
    if to == BatchState.ENDED:
        holdouts.close(held)
    audit.record_about(held, actor, audit.MOVED, {"state": [held.state, to.value]})
    held.state, held.reach = to, reach
    held.save(update_fields=["state", "reach", "experiment", "changed_at"])
    return held


def _reach(batch: CouponBatch) -> int | None:
    """How many could use it: counted before the batch is locked, for it may take a moment."""
    try:
        return reach_of(batch, list(batch.segments.values_list("pk", flat=True))).persons
    except scope.ScopeBroken:
        return None


def _check_second_person(batch: CouponBatch, actor: Actor) -> None:
    """Raises `CannotChange` for whoever handed the batch in or changed it since, and for who may not approve."""
    if not isinstance(actor, PermissionsMixin) or not actor.has_perm(MAY_APPROVE):
        raise CannotChange(_("Only people who may let batches go live can approve this one."))
    trail = AuditEntry.objects.about(batch)
    handed_in = trail.filter(verb=audit.MOVED, changes__state__1=BatchState.REVIEW.value).first()
    since = trail.filter(pk__gte=handed_in.pk) if handed_in else trail
    if since.filter(actor=actor.pk).exists():
        raise CannotChange(str(OTHER_PERSON))


def _check(batch: CouponBatch) -> None:
    """Raises `CannotChange` for what would keep its coupons from ever working."""
    try:
        scope.read(batch.scope)
        hours.read(batch.hours)
    except (scope.ScopeBroken, hours.HoursBroken) as error:
        raise CannotChange(str(error)) from None
    if batch.code_kind == CodeKind.SHARED:
        others = CouponBatch.objects.exclude(pk=batch.pk).exclude(state__in=[BatchState.ENDED, BatchState.DRAFT])
        if others.filter(shared_code=batch.shared_code).exists():
            raise CannotChange(_("Another batch uses this code already."))
