"""Groups of those who work at the desk, made ready with their permissions."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

MARKETERS = "Marketers"

MARKETERS_MAY = {
    "accounts.person": ("view",),
    "accounts.linkedaccount": ("view", "change"),
    "accounts.consent": ("view",),
    "accounts.match": ("view", "change"),
    "accounts.regrouping": ("view", "change"),
    "accounts.platform": ("view",),
    "accounts.apikey": ("view",),
    "accounts.change": ("view",),
    "accounts.delivery": ("view", "change"),
    "accounts.webhookendpoint": ("view",),
    "profiles.course": ("view", "add", "change"),
    "profiles.event": ("view",),
    "profiles.rejectedevent": ("view", "change"),
    "profiles.qualityday": ("view", "add"),
    "profiles.platformmapping": ("view",),
    "profiles.experiment": ("view", "add", "change", "delete"),
    "profiles.arm": ("view", "add", "change", "delete"),
    "profiles.fileimport": ("view", "add"),
    "profiles.profile": ("view",),
    "profiles.profilemodel": ("view", "add"),
    "profiles.segment": ("view", "add", "change"),
    "profiles.clustering": ("view", "add"),
    "recommend.modelversion": ("view", "add", "change"),
    "recommend.placement": ("view", "add", "change", "delete"),
    "recommend.recommendation": ("view",),
    "promotions.couponbatch": ("view", "add", "change", "delete", "approve"),
    "promotions.coupon": ("view", "change"),
    "promotions.claimlink": ("view", "add", "change", "delete"),
    "promotions.redemption": ("view",),
    "promotions.refund": ("view", "add"),
    "promotions.exclusivecontent": ("view", "add", "change", "delete"),
    "promotions.use": ("view",),
    "promotions.offerprogram": ("view", "add", "change", "delete"),
    "promotions.offerterms": ("view", "add", "change", "delete"),
    "promotions.offer": ("view",),
    "campaigns.campaign": ("view", "add", "change", "delete"),
    "campaigns.checkinplan": ("view", "add", "change", "delete"),
    "campaigns.milestone": ("view", "add", "change", "delete"),
    "campaigns.lotteryplan": ("view", "add", "change", "delete"),
    "campaigns.prize": ("view", "add", "change", "delete"),
    "campaigns.checkin": ("view",),
    "campaigns.draw": ("view",),
    "campaigns.grant": ("view",),
    "campaigns.message": ("view",),
    "campaigns.heldback": ("view",),
    "campaigns.outreachpolicy": ("view", "change"),
    "foundation.auditentry": ("view",),
    "foundation.job": ("view", "change"),
}
"""By model: look at everything, mend courses and events, have events cleaned, run experiments, state consents for
people, decide who is one person, build profiles and segments, look for clusters, train models and choose among them,
say by which rules lists are made, design coupons and campaigns, and refund orders with coupons.

Keys, signing secrets, platforms, users and groups stay with administrators, and so does who may take the members of
segments out as files, see where prizes are sent, or block accounts.
"""


@transaction.atomic
def marketers() -> Group:
    """The group of marketers; made with its permissions on first need, then left as administrators shaped it."""
    group, is_new = Group.objects.get_or_create(name=MARKETERS)
    if is_new:
        group.permissions.set(_permissions())
    return group


def _permissions() -> list[Permission]:
    """Raises `LookupError` when one is missing, which happens before the first `migrate` only."""
    found: list[Permission] = []
    for model, verbs in MARKETERS_MAY.items():
        room, name = model.split(".")
        names = {f"{verb}_{name}" for verb in verbs}
        permissions = Permission.objects.filter(content_type__app_label=room, codename__in=names)
        if len(permissions) != len(names):
            raise LookupError(f"Some permissions of {model} do not exist yet. Run `manage.py migrate` first.")
        found += permissions
    return found
