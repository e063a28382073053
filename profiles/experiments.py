"""The verbs of experiments: start and stop one, tell who belongs to which arm, and note who met theirs.

Which arm a person belongs to:

1. Who was exposed stays in the arm of that exposure, whatever is joined, separated or weighted later.
2. Of persons joined after each had been exposed, the first exposure counts, for the joined person as a whole. Both
   exposures stay written on their accounts; once separated, each has its own again.
3. Everyone else's arm follows from the experiment's salt and the oldest account of the person (the one with the lowest
   key), which joining and separating give back exactly; nothing is stored until they are exposed.

Persons in the holdout belong to no arm of experiments that leave it alone, unless rule 1 or 2 says otherwise.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import LinkedAccount, Person, Purpose
from accounts.services.holding import hold
from crossmarket.foundation import generations
from profiles.experimentation.splitting import choose_arm, is_held_out
from profiles.models import Arm, Experiment, ExperimentState, Exposure


class CannotStart(Exception):
    """The experiment is no draft, or its arms are not ready; the message says what to do."""


class NotRunning(Exception):
    """Only a running experiment exposes persons or can be stopped."""


@dataclass(frozen=True)
class Assignment:
    """Where a person belongs: an arm, or none (the experiment does not run, or they are held out).

    was_exposed: whether they met their arm already.
    """

    arm: Arm | None
    is_held_out: bool = False
    was_exposed: bool = False


NOWHERE = Assignment(None)


@transaction.atomic
def start(experiment: Experiment, at: datetime | None = None) -> Experiment:
    """Let a draft run from now on, or from `at` if its exposures were noted elsewhere before.

    Raises `CannotStart` unless there are two arms or more, one of which is the control.
    """
    held = _hold(experiment)
    if held.state != ExperimentState.DRAFT:
        raise CannotStart(_("This experiment has run already. Make a new one for a new question."))
    arms = list(held.arms.all())
    if len(arms) < 2:
        raise CannotStart(_("There is nothing to compare yet. Add arms until there are two or more."))
    if not any(arm.is_control for arm in arms):
        raise CannotStart(_("No arm is the control. Mark the one that the others are compared with."))
    held.state, held.started_at = ExperimentState.RUNNING, at or timezone.now()
    held.save(update_fields=["state", "started_at"])
    generations.renew_on_commit(generations.EXPERIMENTS)
    return held


@transaction.atomic
def stop(experiment: Experiment) -> Experiment:
    """End it for good: nobody belongs to an arm any more, and what the exposed do still counts for their days.

    Raises `NotRunning`.
    """
    held = _hold(experiment)
    _check_running(held)
    held.state, held.stopped_at = ExperimentState.STOPPED, timezone.now()
    held.save(update_fields=["state", "stopped_at"])
    generations.renew_on_commit(generations.EXPERIMENTS)
    return held


def assign(experiment: Experiment, person: Person) -> Assignment:
    """Where this person belongs in the experiment; nothing is written down."""
    return assign_many(experiment, [person.pk])[person.pk]


def assign_many(experiment: Experiment, person_ids: Collection[UUID]) -> dict[UUID, Assignment]:
    """Where each of these persons belongs, in three queries for however many."""
    if experiment.state != ExperimentState.RUNNING:
        return dict.fromkeys(person_ids, NOWHERE)
    arms = {arm.pk: arm for arm in experiment.arms.all()}
    exposed = _arms_met(experiment, person_ids)
    units = _units(person_ids)
    return {
        person_id: Assignment(arms[exposed[person_id]], was_exposed=True)
        if person_id in exposed
        else _by_hash(experiment, list(arms.values()), units.get(person_id))
        for person_id in person_ids
    }


@transaction.atomic
def expose(experiment: Experiment, account_ids: Sequence[int], at: datetime | None = None) -> int:
    """Note that the persons behind these accounts met their arm, now or at `at`; returns how many are new.

    Once per person and experiment, however often and from however many processes it is said. Nothing is noted of
    accounts that do not agree to `profiling`, nor of persons held out. Raises `NotRunning`, and ValueError for a
    moment before the start.
    """
    held = _hold(experiment)
    _check_running(held)
    moment = at or timezone.now()
    if held.started_at and moment < held.started_at:
        raise ValueError(
            f"{moment:%Y-%m-%d %H:%M} is before the experiment started ({held.started_at:%Y-%m-%d %H:%M})."
        )
    first_seen = _first_accounts(account_ids)
    rows = [
        Exposure(experiment=held, arm=assignment.arm, account_id=first_seen[person_id], exposed_at=moment)
        for person_id, assignment in assign_many(held, first_seen.keys()).items()
        if assignment.arm and not assignment.was_exposed
    ]
    return len(Exposure.objects.bulk_create(rows, batch_size=2_000))


def held_out(account_ids: Collection[int]) -> set[int]:
    """Which of these accounts belong to persons of the holdout, who are left alone by everything that is measured."""
    persons = dict(LinkedAccount.objects.filter(pk__in=account_ids).values_list("pk", "person_id"))
    units = _units(set(persons.values()))
    return {account for account, person in persons.items() if is_held_out(units[person], settings.HOLDOUT_SHARE)}


def _by_hash(experiment: Experiment, arms: Sequence[Arm], unit: int | None) -> Assignment:
    if unit is None:
        return NOWHERE
    if experiment.excludes_holdout and is_held_out(unit, settings.HOLDOUT_SHARE):
        return Assignment(None, is_held_out=True)
    name = choose_arm(experiment.salt, unit, {arm.slug: arm.weight for arm in arms})
    return Assignment(next(arm for arm in arms if arm.slug == name))


def _hold(experiment: Experiment) -> Experiment:
    """The experiment as it stands, locked, so that states change and persons are exposed one after another."""
    return Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)


def _check_running(experiment: Experiment) -> None:
    if experiment.state != ExperimentState.RUNNING:
        raise NotRunning(_("This experiment does not run; only a running one can be stopped or expose people."))


def _first_accounts(account_ids: Sequence[int]) -> dict[UUID, int]:
    """Person -> the first of these accounts that is theirs and agrees to `profiling`, in order; they are held."""
    agreeing = LinkedAccount.objects.consenting(Purpose.PROFILING).filter(pk__in=hold(account_ids))
    persons = dict(agreeing.values_list("pk", "person_id"))
    found: dict[UUID, int] = {}
    for account_id in account_ids:
        if account_id in persons:
            found.setdefault(persons[account_id], account_id)
    return found


def _units(person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Person -> the key of their oldest account."""
    accounts = LinkedAccount.objects.filter(person_id__in=person_ids).order_by()
    return dict(accounts.values("person_id").annotate(unit=Min("pk")).values_list("person_id", "unit"))


def _arms_met(experiment: Experiment, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Person -> the key of the arm of their first exposure."""
    exposures = Exposure.objects.filter(experiment=experiment, account__person_id__in=person_ids)
    firsts = exposures.order_by("account__person_id", "exposed_at", "pk").distinct("account__person_id")
    return dict(firsts.values_list("account__person_id", "arm_id"))
