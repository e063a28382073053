"""For whom a campaign is, asked of one person."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import LinkedAccount, Purpose
from campaigns.models import Campaign, CampaignState
from campaigns.refusals import Reason, Refusal
from profiles import experiments
from profiles.models import ExperimentState, Segment


def check(campaign: Campaign, account: LinkedAccount, moment: datetime) -> None:
    """Raises `Refusal` where this person cannot take part now."""
    check_time(campaign, moment)
    if not is_for(campaign, account) or is_left_alone(campaign, account):
        raise Refusal(Reason.NOT_ELIGIBLE)


def check_time(campaign: Campaign, moment: datetime) -> None:
    """Raises `Refusal` where nobody can take part now."""
    if campaign.state == CampaignState.DRAFT:
        raise Refusal(Reason.NOT_FOUND)
    if campaign.state == CampaignState.ENDED or (campaign.ends_at and moment >= campaign.ends_at):
        raise Refusal(Reason.ENDED)
    if campaign.starts_at and moment < campaign.starts_at:
        raise Refusal(Reason.NOT_STARTED, {"at": campaign.starts_at})
    if campaign.state == CampaignState.PAUSED:
        raise Refusal(Reason.PAUSED)


def is_for(campaign: Campaign, account: LinkedAccount) -> bool:
    """Whether the person belongs to the campaign's platforms, segments and consents."""
    platforms = {platform.pk for platform in campaign.platforms.all()}
    if platforms and account.platform_id not in platforms:
        return False
    segments = {segment.pk for segment in campaign.segments.all()}
    if segments and not Segment.objects.of_account(account).filter(pk__in=segments).exists():
        return False
    return not campaign.needs_marketing_consent or account.consents_to(Purpose.MARKETING)


def is_left_alone(campaign: Campaign, account: LinkedAccount) -> bool:
    """Whether the person is in the campaign's holdout."""
    experiment = campaign.experiment
    if experiment is None or experiment.state != ExperimentState.RUNNING:
        return False
    arm = experiments.assign(experiment, account.person).arm
    return arm is not None and arm.is_control


@transaction.atomic
def meet(campaign: Campaign, account: LinkedAccount) -> None:
    """Note that the person would see the campaign now, left alone or not, so that both can be compared."""
    experiment = campaign.experiment
    if experiment is None or experiment.state != ExperimentState.RUNNING:
        return
    assignment = experiments.assign(experiment, account.person)
    is_early = experiment.started_at is not None and timezone.now() < experiment.started_at
    if assignment.arm is not None and not assignment.was_exposed and not is_early:
        experiments.expose(experiment, [account.pk])
