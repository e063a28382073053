"""What a campaign's kind needs, below the campaign."""

from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from campaigns.models import Campaign, CampaignState, CheckInPlan, LotteryPlan, Milestone, Prize

REWARD = ("reward", "amount", "batch", "content", "lottery")


class OfDraft:
    """Rows that are changed as long as their campaign is a draft, by those who may change the campaign."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Of a draft."""
        return _may_change(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Of a draft."""
        return _may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Of a draft."""
        return _may_change(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Whoever sees the campaign sees its plan."""
        return True


class CheckInPlanInline(OfDraft, StackedInline):
    """What a day gives, and how days are made up."""

    model = CheckInPlan


class MilestoneInline(OfDraft, TabularInline):
    """Rewards for days in a row."""

    model = Milestone
    fk_name = "campaign"
    fields = ("days", *REWARD)


class LotteryPlanInline(OfDraft, StackedInline):
    """How people draw."""

    model = LotteryPlan
    fields = (
        "style",
        "nothing_weight",
        ("guarantee_after", "guaranteed"),
        ("free_daily", "price", "purchase_draws"),
        ("draws_a_day", "account_days", "device_accounts"),
        "drawn",
    )
    readonly_fields = ("drawn",)


class PrizeInline(OfDraft, TabularInline):
    """What can be won."""

    model = Prize
    fk_name = "campaign"
    fields = ("name", *REWARD, "weight", "stock", "a_day", "a_person", "given")
    readonly_fields = ("given",)


def _may_change(request: HttpRequest, campaign: Campaign | None) -> bool:
    is_draft = campaign is not None and campaign.state == CampaignState.DRAFT
    return is_draft and request.user.has_perm("campaigns.change_campaign")
