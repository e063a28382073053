"""The addresses of the partner API, version 1."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts import api as accounts
from accounts import change_api as changes
from campaigns import campaign_api as campaigns
from campaigns import check_in_api as check_ins
from campaigns import draw_api as draws
from campaigns import message_api as messages
from crossmarket.rights import api as rights
from profiles import api as profiles
from profiles.profile_api import UserProfile
from promotions import content_api as contents
from promotions import coupon_api as coupons
from promotions import gift_api as gifts
from promotions import points_api as points
from promotions import redemption_api as redemptions
from promotions import refund_api as refunds
from recommend import api as recommend


class IdConverter(StringConverter):
    """A platform's own id: any characters, slashes and line ends too."""

    regex = "(?s:.+)"


register_converter(IdConverter, "id")

urlpatterns = [
    path("recommendations", recommend.Recommendations.as_view()),
    path("events", profiles.Events.as_view()),
    path("events/raw", profiles.RawEvents.as_view()),
    path("items", profiles.Items.as_view()),
    path("items/raw", profiles.RawItems.as_view(), {"item_id": "raw"}),
    path("items/<id:item_id>/similar", recommend.Similar.as_view()),
    path("items/<id:item_id>", profiles.Item.as_view()),
    path("changes", changes.Changes.as_view()),
    path("links", accounts.Links.as_view()),
    path("users", accounts.Users.as_view()),
    path("users/<id:user_id>/consents", accounts.Consents.as_view()),
    path("users/<id:user_id>/link-codes", accounts.LinkCodes.as_view()),
    path("users/<id:user_id>/profile", UserProfile.as_view()),
    path("users/<id:user_id>/points", points.UserPoints.as_view()),
    path("users/<id:user_id>/offers", coupons.UserOffers.as_view()),
    path("users/<id:user_id>/contents", contents.UserContents.as_view()),
    path("users/<id:user_id>/messages", messages.UserMessages.as_view()),
    path("users/<id:user_id>/messages/<uuid:message_id>/<str:reaction>", messages.Reactions.as_view()),
    path("users/<id:user_id>/links", accounts.UserLinks.as_view()),
    path("users/<id:user_id>/export", rights.UserExport.as_view()),
    path("users/<id:user_id>", rights.User.as_view()),
    path("offers", coupons.Offers.as_view()),
    path("coupons", coupons.Coupons.as_view()),
    path("coupons/<str:code>/gifts", gifts.CouponGifts.as_view()),
    path("gifts", gifts.Gifts.as_view()),
    path("gifts/<str:token>/take-back", gifts.GiftTakenBack.as_view()),
    path("validations", redemptions.Validations.as_view()),
    path("redemptions", redemptions.Redemptions.as_view()),
    path("redemptions/<uuid:redemption_id>/commit", redemptions.Commit.as_view()),
    path("redemptions/<uuid:redemption_id>/rollback", redemptions.RollBack.as_view()),
    path("redemptions/<uuid:redemption_id>/refunds", refunds.Refunds.as_view()),
    path("contents/<uuid:content_id>", contents.Content.as_view()),
    path("campaigns", campaigns.Campaigns.as_view()),
    path("campaigns/<uuid:campaign_id>/check-ins", check_ins.CheckIns.as_view()),
    path("campaigns/<uuid:campaign_id>/make-ups", check_ins.MakeUps.as_view()),
    path("campaigns/<uuid:campaign_id>/draws", draws.Draws.as_view()),
    path("campaigns/<uuid:campaign_id>/proof", draws.Proofs.as_view()),
    path("erasures/<uuid:receipt_id>", rights.Receipts.as_view(), name="rights-receipt"),
]
