"""The life of a batch: from the first idea over a review to the end."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crossmarket.foundation import audit
from crossmarket.foundation.audit import Actor
from promotions import hours, scope
from promotions.models import BatchState, CodeKind, CouponBatch

MOVED = gettext_noop("moved on")


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


@transaction.atomic
def move(batch: CouponBatch, to: BatchState, actor: Actor = None) -> CouponBatch:
    """Take the batch a step on, or back, and write down who did. Raises `CannotChange`."""
    held = CouponBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if to not in STEPS[BatchState(held.state)]:
        raise CannotChange(
            _("A batch that is “%(from)s” cannot become “%(to)s”.") % {"from": held.get_state_display(), "to": to.label}
        )
    if to in (BatchState.REVIEW, BatchState.LIVE):
        _check(held)
    audit.record_about(held, actor, MOVED, {"state": [held.state, to.value]})
    held.state = to
    held.save(update_fields=["state", "changed_at"])
    return held


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
