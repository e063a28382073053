"""The holdout of a batch: a random share of its people whom it leaves alone, so that what it brings can be measured.

It is an experiment with two arms, so that who belongs to which follows from a hash of the person, and stays. People not
known yet belong to none of them until they are known; who has a coupon of their own keeps it, held out or not.
"""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import LinkedAccount
from profiles import experiments
from profiles.models import Arm, EventType, Experiment, ExperimentState, Measure
from promotions.models import CouponBatch

DAYS = 30
"""What people buy within so many days from when they met the batch counts."""
LARGEST = 50
"""Percent that may be held out."""
OFFERED, HELD_OUT = "offered", "held-out"


def held_out(account: LinkedAccount | None, batches: Mapping[UUID, CouponBatch]) -> set[UUID]:
    """Which of these batches leave the person behind this account alone."""
    if account is None:
        return set()
    return {key for key, batch in batches.items() if (run := running(batch)) and _is_control(run, account)}


def running(batch: CouponBatch) -> Experiment | None:
    """The experiment of a batch, while it runs."""
    experiment = batch.experiment if batch.experiment_id else None
    return experiment if experiment is not None and experiment.state == ExperimentState.RUNNING else None


def open_for(batch: CouponBatch) -> Experiment:
    """Begin to hold a share of people out, from now on."""
    made = Experiment.objects.create(
        slug=f"coupons-{batch.pk}",
        name=batch.name,
        hypothesis=_("The coupons bring purchases that there would not be without."),
        outcome_types=[EventType.PURCHASE, EventType.REFUND],
        outcome_measure=Measure.SUM,
        outcome_days=DAYS,
        excludes_holdout=False,
    )
    Arm.objects.create(experiment=made, slug=OFFERED, name=_("offered"), weight=100 - batch.holdout)
    Arm.objects.create(experiment=made, slug=HELD_OUT, name=_("held out"), weight=batch.holdout, is_control=True)
    return experiments.start(made)


def close(batch: CouponBatch) -> None:
    """Hold nobody out any more; what was measured stays."""
    experiment = running(batch)
    if experiment is not None:
        experiments.stop(experiment)


def _is_control(experiment: Experiment, account: LinkedAccount) -> bool:
    arm = experiments.assign(experiment, account.person).arm
    return arm is not None and arm.is_control
