"""The partner API of campaigns that are open to a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from drf_spectacular.utils import OpenApiParameter

from accounts.models import LinkedAccount, Platform
from accounts.partner_view import PartnerView, answer
from campaigns import audience, reward_words
from campaigns.check_in_api import ProgressAnswer, progress_answer
from campaigns.fairness import terms
from campaigns.models import Campaign, CampaignKind
from campaigns.services import chances, checking_in
from crossmarket.foundation.schema import documented
from recommend.api import LANGUAGE, language


class LotteryProgress(msgspec.Struct, frozen=True):
    """What somebody can do in a lottery. price: points for one more draw, where they can be bought."""

    style: str
    remaining_draws: int
    price: int | None
    commitment: str
    prizes: list[dict[str, Any]]


class CampaignAnswer(msgspec.Struct, frozen=True):
    """A campaign that is open to a person, with how far they are in it."""

    id: UUID
    kind: str
    name: str
    description: str
    starts_at: datetime | None
    ends_at: datetime | None
    timezone: str
    check_in: ProgressAnswer | None = None
    lottery: LotteryProgress | None = None


class CampaignsAnswer(msgspec.Struct, frozen=True):
    """The campaigns that are open to a person, those that end first coming first."""

    results: list[CampaignAnswer]
    next: str | None = None


class Campaigns(PartnerView):
    """`/campaigns`."""

    browsers_may_call = True

    @documented(
        "Campaigns",
        answers={200: CampaignsAnswer},
        parameters=[
            OpenApiParameter("user_id", str, description="Whose; left out for an anonymous visitor."),
            LANGUAGE,
        ],
        tag="campaigns",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """What is open to a user, and how far they are in it; of visitors who are not known, what is open to all."""
        platform, known = self.caller.platform, self.who_looks(request)
        found = open_to(known) if known else open_to_all(platform)
        with translation.override(language(request.GET.get("lang", ""), platform.locale)):
            return answer(CampaignsAnswer([_campaign(each, known) for each in found]))


def open_to(account: LinkedAccount) -> list[Campaign]:
    """The campaigns that this person can take part in now; who is left alone by one is noted as such."""
    shown = []
    for campaign in _with_plans(Campaign.objects.open_at(timezone.now())).order_by("ends_at", "created_at"):
        if audience.is_for(campaign, account):
            audience.meet(campaign, account)
            if not audience.is_left_alone(campaign, account):
                shown.append(campaign)
    return shown


def open_to_all(platform: Platform) -> list[Campaign]:
    """The campaigns that are open now to whoever is on the platform."""
    rows = Campaign.objects.open_at(timezone.now()).filter(Q(platforms=None) | Q(platforms=platform), segments=None)
    rows = rows.filter(needs_marketing_consent=False)
    return list(_with_plans(rows).order_by("ends_at", "created_at").distinct())


def _with_plans(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    plans = campaigns.select_related("experiment", "check_in_plan", "lottery_plan")
    return plans.prefetch_related("platforms", "segments", "milestones", "prizes")


def _campaign(campaign: Campaign, account: LinkedAccount | None) -> CampaignAnswer:
    is_lottery = campaign.kind == CampaignKind.LOTTERY
    progress = checking_in.progress(campaign, account) if account and not is_lottery else None
    return CampaignAnswer(
        id=campaign.pk,
        kind=campaign.kind,
        name=campaign.name,
        description=campaign.description,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        timezone=campaign.timezone,
        check_in=progress_answer(progress) if progress else None,
        lottery=_lottery(campaign, account) if is_lottery else None,
    )


def _lottery(campaign: Campaign, account: LinkedAccount | None) -> LotteryProgress:
    plan = campaign.lottery_plan
    if account is not None:
        chances.collect(campaign, account)
    today = campaign.day_of(timezone.now())
    return LotteryProgress(
        style=plan.style,
        remaining_draws=chances.left(campaign, account, today) if account else plan.free_daily,
        price=plan.price,
        commitment=terms.commitment(plan.seed),
        prizes=[
            {"id": prize.pk, "name": prize.name, "reward": reward_words.of_plan(prize), "odds": odds}
            for prize, odds in reward_words.odds_of(campaign)
        ],
    )
