"""Giving a coupon to somebody else: by a link that is signed, ends by itself, and can be taken back until it is used.

Until it is accepted the coupon is the giver's and works for them. Limits for each person count for whoever uses it;
what somebody gave away still counts among what they have claimed, so that giving is no way to claim more.
"""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from accounts.services import changes
from accounts.services.changes import News
from promotions.models import BatchState, CodeKind, Coupon, CouponBatch, CouponState, Gift
from promotions.reasons import Reason, Refusal
from promotions.services import claiming
from promotions.services.claiming import CannotClaim
from promotions.services.person_holding import hold_person_of

GIVEN = changes.declare("coupon.given", _("Coupon given away"))
GOOD_FOR = timedelta(days=7)
SALT = "promotions.gift"


class CannotGive(Exception):
    """The coupon cannot be given; the message says why."""


class NoSuchGift(LookupError):
    """The link is none of ours, or its gift was accepted, taken back or is over."""


def token_of(gift: Gift) -> str:
    """What a link to the gift carries: its key, signed."""
    return signing.Signer(salt=SALT).sign(gift.pk.hex)


def find(token: str) -> Gift:
    """The gift that can still be accepted. Raises `NoSuchGift`."""
    gift = Gift.objects.open().filter(pk=_key(token)).select_related("coupon__batch", "giver").first()
    if gift is None or not _is_there(gift.coupon, gift.giver.person_id):
        raise NoSuchGift
    return gift


def find_signed(token: str) -> None:
    """Raises `NoSuchGift` for a token that nobody here has signed, before anything is made for whoever brings it."""
    _key(token)


@transaction.atomic
def give(coupon: Coupon, account: LinkedAccount) -> Gift:
    """Offer a coupon that the person has: the same gift again while one is open. Raises `CannotGive`."""
    account = hold_person_of(account)
    held = _locked(coupon.pk)
    if held is None or not _is_there(held, account.person_id):
        raise CannotGive(_("You do not have this coupon, or it was used."))
    if not held.batch.may_be_given or held.own_value is not None or held.only_course_id is not None:
        raise CannotGive(_("This coupon is for you alone and cannot be given."))
    if known := Gift.objects.open().filter(coupon=held).first():
        return known
    now = timezone.now()
    ends = min(at for at in (now + GOOD_FOR, held.expires_at, held.batch.ends_at) if at)
    if held.batch.state != BatchState.LIVE or held.batch.code_kind != CodeKind.UNIQUE or ends <= now:
        raise CannotGive(_("This coupon cannot be given at the moment."))
    Gift.objects.filter(coupon=held, accepted_at=None, taken_back_at=None).update(taken_back_at=now)
    return Gift.objects.create(coupon=held, giver=account, created_at=now, expires_at=ends)


@transaction.atomic
def take_back(token: str, account: LinkedAccount) -> Gift:
    """End a gift that nobody has accepted, by the person who gives it. Raises `NoSuchGift`."""
    account = hold_person_of(account)
    gift = _locked_gift(token)
    if gift is None or gift.giver.person_id != account.person_id:
        raise NoSuchGift
    gift.taken_back_at = timezone.now()
    gift.save(update_fields=["taken_back_at"])
    return gift


@transaction.atomic
def accept(token: str, account: LinkedAccount) -> Coupon:
    """The coupon becomes this account's, if the person may have one. Said twice by them, it counts once.

    Raises `NoSuchGift`, and `CannotClaim` for what keeps the person from using it.
    """
    account = hold_person_of(account)
    if own := Coupon.objects.filter(gifts__pk=_key(token), gifts__receiver=account, holder=account).first():
        return own
    gift = _locked_gift(token)
    if gift is None or not _is_there(gift.coupon, gift.giver.person_id):
        raise NoSuchGift
    if gift.giver.person_id == account.person_id:
        raise CannotClaim(Refusal("", Reason.NOT_ELIGIBLE, {"held": False}))
    coupon, now = gift.coupon, timezone.now()
    batch = CouponBatch.objects.with_segments().get(pk=coupon.batch_id)
    claiming.check(account.platform, account, batch, now)
    coupon.holder, coupon.claimed_at, coupon.channel = account, now, "gift"
    coupon.save(update_fields=["holder", "claimed_at", "channel"])
    gift.receiver, gift.accepted_at = account, now
    gift.save(update_fields=["receiver", "accepted_at"])
    told = {"batch_id": str(batch.pk), "code": coupon.code}
    giver = gift.giver
    changes.record(
        [
            News(giver.platform_id, GIVEN, giver.external_id, told),
            News(account.platform_id, claiming.CLAIMED, account.external_id, told),
        ]
    )
    return coupon


def _key(token: str) -> UUID:
    """The gift's key. Raises `NoSuchGift` for what nobody here has signed."""
    try:
        return UUID(hex=signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        raise NoSuchGift from None


def _locked(coupon_id: int) -> Coupon | None:
    """The coupon, with its batch locked before it as everybody does."""
    batches = CouponBatch.objects.filter(coupons__pk=coupon_id)
    list(batches.select_for_update(of=("self",), no_key=True).values_list("pk"))
    coupons = Coupon.objects.select_related("batch", "holder").select_for_update(of=("self",), no_key=True)
    return coupons.filter(pk=coupon_id).first()


def _locked_gift(token: str) -> Gift | None:
    """The open gift, its coupon locked before it."""
    gift = Gift.objects.open().filter(pk=_key(token)).first()
    coupon = _locked(gift.coupon_id) if gift is not None else None
    if coupon is None:
        return None
    gifts = Gift.objects.open().select_related("giver").select_for_update(of=("self",), no_key=True)
    held = gifts.filter(pk=_key(token)).first()
    if held is not None:
        held.coupon = coupon
    return held


def _is_there(coupon: Coupon, person_id: UUID) -> bool:
    """Whether the person has the coupon still, unused."""
    holder = coupon.holder
    is_good = coupon.state == CouponState.HELD and not coupon.is_used
    return is_good and holder is not None and holder.person_id == person_id
