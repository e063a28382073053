"""The tables of why to come back."""

from campaigns.models.campaign import Campaign, CampaignKind, CampaignState
from campaigns.models.check_in import CheckIn, CheckInPlan, LeftLeaderboard, Milestone
from campaigns.models.lottery import (
    Blocked,
    Chance,
    Draw,
    Entrant,
    LotteryPlan,
    LotteryStyle,
    PaidWith,
    Parcel,
    Prize,
    PrizeDay,
)
from campaigns.models.message import (
    Channel,
    HeldBack,
    HoldReason,
    Message,
    MessageKind,
    MessageState,
    OutreachPolicy,
    Unsubscribed,
)
from campaigns.models.reward import Grant, RewardKind, RewardPlan

__all__ = [
    "Blocked",
    "Campaign",
    "CampaignKind",
    "CampaignState",
    "Chance",
    "Channel",
    "CheckIn",
    "CheckInPlan",
    "Draw",
    "Entrant",
    "Grant",
    "HeldBack",
    "HoldReason",
    "LeftLeaderboard",
    "LotteryPlan",
    "LotteryStyle",
    "Message",
    "MessageKind",
    "MessageState",
    "Milestone",
    "OutreachPolicy",
    "PaidWith",
    "Parcel",
    "Prize",
    "PrizeDay",
    "RewardKind",
    "RewardPlan",
    "Unsubscribed",
]
