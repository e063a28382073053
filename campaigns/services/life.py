"""The life of a campaign: from the first idea to the end."""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignKind, CampaignState
from campaigns.services import publishing_terms
from crossmarket.foundation import audit
from crossmarket.foundation.audit import Actor
from profiles import experiments
from profiles.models import Arm, EventType, Experiment, ExperimentState, Measure

ACTIVE = [EventType.VIEW, EventType.COMPLETE, EventType.PURCHASE, EventType.COMMENT, EventType.RATING]


class CannotMove(Exception):
    """The campaign cannot go to that state; the message says what to do."""


STEPS: dict[CampaignState, tuple[CampaignState, ...]] = {
    CampaignState.DRAFT: (CampaignState.SCHEDULED,),
    CampaignState.SCHEDULED: (CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.ENDED),
    CampaignState.RUNNING: (CampaignState.PAUSED, CampaignState.ENDED),
    CampaignState.PAUSED: (CampaignState.RUNNING, CampaignState.ENDED),
    CampaignState.ENDED: (),
}
"""Where a campaign may go from each state."""


@transaction.atomic
def move(campaign: Campaign, to: CampaignState, actor: Actor = None) -> Campaign:
    """Take the campaign a step on, or back. actor: who does it, None for the clock. Raises `CannotMove`."""
    held = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if to not in STEPS[CampaignState(held.state)]:
        words = _("A campaign that is “%(from)s” cannot become “%(to)s”.")
        raise CannotMove(words % {"from": held.get_state_display(), "to": to.label})
    match to:
        case CampaignState.SCHEDULED:
            _prepare(held)
        case CampaignState.DRAFT if held.starts_at is None or held.starts_at <= timezone.now():
            raise CannotMove(_("People can take part already. End it, or make a copy."))
        case CampaignState.RUNNING if held.starts_at is None or held.starts_at > timezone.now():
            held.starts_at = timezone.now()
        case CampaignState.ENDED:
            held.ends_at = min(filter(None, (held.ends_at, timezone.now())))
            _end_experiment(held)
    if held.starts_at and held.ends_at and held.ends_at <= held.starts_at:
        held.starts_at = None
    audit.record_about(held, actor, audit.MOVED, {"state": [held.state, to.value]})
    held.state = to
    held.save()
    return held


def follow_the_clock() -> int:
    """Let those run whose time has come, and end those whose time is over; returns how many."""
    now = timezone.now()
    over = Campaign.objects.exclude(state__in=[CampaignState.DRAFT, CampaignState.ENDED]).filter(ends_at__lte=now)
    moved = [move(each, CampaignState.ENDED) for each in over]
    due = Campaign.objects.open_at(now).filter(state=CampaignState.SCHEDULED)
    moved += [move(each, CampaignState.RUNNING) for each in due]
    return len(moved)


@transaction.atomic
def clone(campaign: Campaign) -> Campaign:
    """A draft with the same audience and plan, and nothing of what has happened."""
    held = Campaign.objects.get(pk=campaign.pk)
    platforms, segments = list(held.platforms.all()), list(held.segments.all())
    source = held.pk
    held.pk, held._state.adding = uuid.uuid4(), True  # noqa: SLF001 Django's way to copy a row
    held.name = _("Copy of %(name)s") % {"name": campaign.name}
    held.state, held.points_given, held.experiment = CampaignState.DRAFT, 0, None
    held.starts_at = held.ends_at = None
    held.save()
    held.platforms.set(platforms)
    held.segments.set(segments)
    publishing_terms.copy_plan(Campaign.objects.get(pk=source), held)
    return held


def _prepare(campaign: Campaign) -> None:
    if campaign.ends_at and campaign.ends_at <= timezone.now():
        raise CannotMove(_("Its end is in the past."))
    try:
        publishing_terms.check_plan(campaign)
    except publishing_terms.PlanBroken as error:
        raise CannotMove(str(error)) from None
    if campaign.kind == CampaignKind.LOTTERY:
        publishing_terms.publish(campaign)
    if campaign.holdout and campaign.experiment is None:
        campaign.experiment = _experiment(campaign)


def _experiment(campaign: Campaign) -> Experiment:
    """Which compares those who see the campaign with those whom it leaves alone."""
    made = Experiment.objects.create(
        slug=f"campaign-{campaign.pk}",
        name=campaign.name,
        hypothesis=_("The campaign brings people back."),
        outcome_types=[str(each) for each in ACTIVE],
        outcome_measure=Measure.ANY,
        outcome_days=30,
        excludes_holdout=False,
    )
    Arm.objects.create(experiment=made, slug="campaign", name=_("campaign"), weight=100 - campaign.holdout)
    Arm.objects.create(
        experiment=made, slug="left-alone", name=_("left alone"), weight=campaign.holdout, is_control=True
    )
    return experiments.start(made)


def _end_experiment(campaign: Campaign) -> None:
    experiment = campaign.experiment
    if experiment is not None and experiment.state == ExperimentState.RUNNING:
        experiments.stop(experiment)
