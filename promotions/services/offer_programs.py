"""The life of a program of personal offers."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crossmarket.foundation import audit
from crossmarket.foundation.audit import Actor
from promotions import scope
from promotions.models import BatchState, CodeKind, OfferProgram, ProgramState
from promotions.pricing.benefits import BenefitKind

MOVED = gettext_noop("moved on")
STEPS: dict[ProgramState, tuple[ProgramState, ...]] = {
    ProgramState.DRAFT: (ProgramState.RUNNING,),
    ProgramState.RUNNING: (ProgramState.PAUSED, ProgramState.ENDED),
    ProgramState.PAUSED: (ProgramState.RUNNING, ProgramState.ENDED),
    ProgramState.ENDED: (),
}
"""Where a program may go from each state."""


class CannotMove(Exception):
    """The program cannot go to that state; the message says what to do."""


@transaction.atomic
def move(program: OfferProgram, to: ProgramState, actor: Actor = None) -> OfferProgram:
    """Take the program a step on, and write down who did. Raises `CannotMove`."""
    held = OfferProgram.objects.select_for_update(no_key=True).get(pk=program.pk)
    if to not in STEPS[ProgramState(held.state)]:
        raise CannotMove(
            _("A program that is “%(from)s” cannot become “%(to)s”.")
            % {"from": held.get_state_display(), "to": to.label}
        )
    if to == ProgramState.RUNNING:
        _check(held)
        held.started_at = held.started_at or timezone.now()
    audit.record_about(held, actor, MOVED, {"state": [held.state, to.value]})
    held.state = to
    held.save(update_fields=["state", "started_at"])
    return held


def _check(program: OfferProgram) -> None:
    """Raises `CannotMove` for what would keep its offers from working, or let them cost without limit."""
    batch = program.batch
    if batch.benefit != BenefitKind.PERCENT or batch.code_kind != CodeKind.UNIQUE:
        raise CannotMove(_("The batch must give a share of the price, with a code for each coupon."))
    if batch.state != BatchState.LIVE:
        raise CannotMove(_("The batch must be live first."))
    if batch.budget is None:
        raise CannotMove(_("The batch needs a budget, so that offers can never cost more."))
    if batch.limit_person is not None and batch.limit_person < program.offers_at_most:
        raise CannotMove(_("The batch lets a person use fewer coupons than the program may offer."))
    try:
        scope.read(program.scope)
    except scope.ScopeBroken as error:
        raise CannotMove(str(error)) from None
