"""The sidebar of the admin: what there is for whoever is looking, and how much waits there."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Delivery, Match
from crossmarket.foundation.models import Job
from profiles.models import RejectedEvent

MOST_COUNTED = 99
"""Badges count no further; more is shown as `99+`."""

TABLES: list[tuple[Promise, list[tuple[Promise, str, str]]]] = [
    (
        _("People"),
        [
            (_("Persons"), "person", "accounts.person"),
            (_("Linked accounts"), "link", "accounts.linkedaccount"),
            (_("Possible matches"), "join_inner", "accounts.match"),
            (_("Joinings and separations"), "call_split", "accounts.regrouping"),
            (_("Segments"), "groups", "profiles.segment"),
            (_("Profiles"), "fingerprint", "profiles.profile"),
            (_("Profile models"), "hub", "profiles.profilemodel"),
            (_("Searches for clusters"), "bubble_chart", "profiles.clustering"),
            (_("Consent history"), "verified_user", "accounts.consent"),
            (_("Exports"), "download", "rights.export"),
            (_("Erasures"), "delete_forever", "rights.erasure"),
        ],
    ),
    (
        _("Courses and events"),
        [
            (_("Courses"), "school", "profiles.course"),
            (_("Events"), "timeline", "profiles.event"),
            (_("Rejected events"), "report", "profiles.rejectedevent"),
            (_("Data quality"), "cleaning_services", "profiles.qualityday"),
        ],
    ),
    (
        _("Recommendations"),
        [
            (_("Models"), "model_training", "recommend.modelversion"),
            (_("Placements"), "view_carousel", "recommend.placement"),
            (_("Searches for settings"), "search", "recommend.search"),
            (_("Answers given"), "recommend", "recommend.recommendation"),
            (_("Exploring"), "explore", "recommend.exploredplacement"),
            (_("Experiments"), "experiment", "profiles.experiment"),
            (_("Jobs"), "hourglass_top", "foundation.job"),
        ],
    ),
    (
        _("Promotions"),
        [
            (_("Coupon batches"), "sell", "promotions.couponbatch"),
            (_("Coupons"), "confirmation_number", "promotions.coupon"),
            (_("Claim links"), "qr_code_2", "promotions.claimlink"),
            (_("Redemptions"), "receipt_long", "promotions.redemption"),
            (_("Personal offer programs"), "redeem", "promotions.offerprogram"),
            (_("Decisions on offers"), "rule", "promotions.offer"),
            (_("Exclusive content"), "article", "promotions.exclusivecontent"),
        ],
    ),
    (
        _("Campaigns"),
        [
            (_("Campaigns"), "celebration", "campaigns.campaign"),
            (_("Check-ins"), "event_available", "campaigns.checkin"),
            (_("Draws"), "casino", "campaigns.draw"),
            (_("Rewards given"), "redeem", "campaigns.grant"),
            (_("Parcels"), "local_shipping", "campaigns.parcel"),
            (_("Blocked accounts"), "block", "campaigns.blocked"),
            (_("Messages"), "mail", "campaigns.message"),
            (_("Rules for writing to people"), "notifications_paused", "campaigns.outreachpolicy"),
        ],
    ),
    (
        _("Data out"),
        [
            (_("Changes"), "rss_feed", "accounts.change"),
            (_("Deliveries"), "send", "accounts.delivery"),
            (_("Webhook endpoints"), "webhook", "accounts.webhookendpoint"),
        ],
    ),
    (
        _("Set-up"),
        [
            (_("Platforms"), "storefront", "accounts.platform"),
            (_("Mappings"), "swap_horiz", "profiles.platformmapping"),
            (_("File imports"), "upload_file", "profiles.fileimport"),
            (_("Audit trail"), "history", "foundation.auditentry"),
            (_("Users"), "manage_accounts", "accounts.user"),
            (_("Groups"), "group", "auth.group"),
        ],
    ),
]
"""Groups of (title, icon, model)."""

BADGES: dict[str, QuerySet[Any]] = {
    "accounts.delivery": Delivery.objects.parked(),
    "accounts.match": Match.objects.waiting(),
    "profiles.rejectedevent": RejectedEvent.objects.waiting(),
    "foundation.job": Job.objects.open(),
}
"""What waits for someone, by model."""


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups and links of the sidebar that this user may follow, as django-unfold takes them."""
    overview = {"title": _("Overview"), "icon": "monitoring", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [overview]}]
    for title, tables in TABLES:
        items = [_link(*table) for table in tables if _may_see(request, table[2])]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def _may_see(request: HttpRequest, model: str) -> bool:
    room, name = model.split(".")
    return any(request.user.has_perm(f"{room}.{verb}_{name}") for verb in ("view", "change"))


def _link(title: Promise, icon: str, model: str) -> dict[str, Any]:
    link = {"title": title, "icon": icon, "link": reverse(f"admin:{model.replace('.', '_')}_changelist")}
    if model in BADGES:
        waiting = BADGES[model].order_by()[: MOST_COUNTED + 1].count()
        if waiting:
            link["badge"] = str(waiting) if waiting <= MOST_COUNTED else f"{MOST_COUNTED}+"
            link["badge_variant"] = "warning"
    return link
