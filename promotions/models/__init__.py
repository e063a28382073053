"""The tables of what it is worth."""

from promotions.models.claim_link import ClaimLink
from promotions.models.content import ContentGrant, ContentState, ExclusiveContent
from promotions.models.coupon import Coupon, CouponState
from promotions.models.coupon_batch import BatchDay, BatchState, CodeKind, CouponBatch
from promotions.models.gift import Gift
from promotions.models.offer import (
    Offer,
    OfferProgram,
    OfferTerms,
    Outcome,
    PersonalOffersChoice,
    ProgramState,
)
from promotions.models.points import Entry, Lot, LotUse, Purse, PurseKind, Transfer, TransferKind
from promotions.models.redemption import Redemption, RedemptionState, Use
from promotions.models.refund import Refund, RefundLine

__all__ = [
    "BatchDay",
    "BatchState",
    "ClaimLink",
    "CodeKind",
    "ContentGrant",
    "ContentState",
    "Coupon",
    "CouponBatch",
    "CouponState",
    "Entry",
    "ExclusiveContent",
    "Gift",
    "Lot",
    "LotUse",
    "Offer",
    "OfferProgram",
    "OfferTerms",
    "Outcome",
    "PersonalOffersChoice",
    "ProgramState",
    "Purse",
    "PurseKind",
    "Redemption",
    "RedemptionState",
    "Refund",
    "RefundLine",
    "Transfer",
    "TransferKind",
    "Use",
]
