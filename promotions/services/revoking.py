"""Taking coupons back for good: single ones, chosen ones, or all of a batch that nobody has claimed."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from accounts.models import LinkedAccount
from accounts.services import changes
from accounts.services.changes import News
from crossmarket.foundation import audit, jobs
from crossmarket.foundation.audit import Actor
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job
from promotions.models import Coupon, CouponBatch, CouponState

TOLD = changes.declare("coupon.revoked", _("Coupon revoked"))
REVOKE_FREE = gettext_noop("promotions.revoke_free")
REVOKED = gettext_noop("revoked coupons")
ORDERED = gettext_noop("ordered all unclaimed coupons to be revoked")
REVOKING = gettext_noop("revoking coupons")
AT_ONCE = 5_000


class RevokeReason(models.TextChoices):
    """Why coupons are taken back: a choice, so that nobody's name gets into the audit trail."""

    LEAKED = "leaked", _("codes became known")
    MISTAKE = "mistake", _("given by mistake")
    MISUSE = "misuse", _("misused")
    REPLACED = "replaced", _("replaced by others")
    OTHER = "other", _("another reason")


@dataclass(frozen=True)
class Revoked:
    """How many coupons were taken back, and how many were not, for an order uses them or has used them."""

    revoked: int
    in_use: int


@transaction.atomic
def revoke(coupon_ids: Collection[int], reason: RevokeReason, actor: Actor) -> Revoked:
    """Take these coupons back, whoever has them; the platforms of those who had them are told.

    Coupons that an order uses, or has used, stay; those that were revoked before are left alone.
    """
    chosen = Coupon.objects.filter(pk__in=coupon_ids).exclude(state=CouponState.REVOKED)
    batches = CouponBatch.objects.filter(pk__in=chosen.order_by().values("batch"))
    held_batches = {each.pk: each for each in batches.order_by("pk").select_for_update(no_key=True)}
    locked = chosen.order_by("pk").select_related("holder").select_for_update(of=("self",), no_key=True)
    coupons = list(locked)
    taken = [each for each in coupons if not each.is_used]
    Coupon.objects.filter(pk__in=[each.pk for each in taken]).update(state=CouponState.REVOKED)
    changes.record(
        _news(each, each.holder, held_batches[each.batch_id], reason) for each in taken if each.holder is not None
    )
    for batch in held_batches.values():
        keys = [each.pk for each in taken if each.batch_id == batch.pk]
        if keys:
            _record(batch, actor, reason, len(keys))
            for key in keys:
                audit.record("promotions.coupon", key, actor, REVOKED, {"reason": [None, _told(reason)]}, batch.name)
    return Revoked(len(taken), len(coupons) - len(taken))


@transaction.atomic
def enqueue_free(batch: CouponBatch, reason: RevokeReason, actor: Actor) -> Job:
    """Have a worker take back all coupons of a batch that nobody has claimed."""
    audit.record_about(batch, actor, ORDERED, {"reason": [None, _told(reason)]})
    arguments = {"batch_id": str(batch.pk), "reason": reason.value}
    return jobs.enqueue(REVOKE_FREE, arguments)


@job_kind(REVOKE_FREE)
def revoke_free(reporter: Reporter, /, batch_id: str, reason: str) -> Result:
    """`AT_ONCE` in a transaction; what was taken back before the job was cancelled stays so."""
    batch = CouponBatch.objects.filter(pk=UUID(batch_id)).first()
    if batch is None:
        raise JobFailed("The batch is gone.")
    total = Coupon.objects.free_of(batch).count()
    revoked = 0
    try:
        while more := _revoke_some_free(batch):
            revoked += more
            reporter(REVOKING, revoked, max(total, revoked + 1))
    finally:
        _record(batch, None, RevokeReason(reason), revoked)
    reporter(REVOKING, revoked, revoked)
    return {"revoked": revoked}


@transaction.atomic
def _revoke_some_free(batch: CouponBatch) -> int:
    """Those that somebody is just claiming or using are left for them, and for the next time around."""
    free = Coupon.objects.free_of(batch).order_by("pk").select_for_update(skip_locked=True, no_key=True)
    keys = list(free.values_list("pk", flat=True)[:AT_ONCE])
    return Coupon.objects.filter(pk__in=keys).update(state=CouponState.REVOKED)


def _record(batch: CouponBatch, actor: Actor, reason: RevokeReason, count: int) -> None:
    audit.record_about(batch, actor, REVOKED, {"reason": [None, _told(reason)], "coupons": [None, count]})


def _told(reason: RevokeReason) -> str:
    """The English text, which the trail shows in the reader's language."""
    with override("en"):
        return str(reason.label)


def _news(coupon: Coupon, holder: LinkedAccount, batch: CouponBatch, reason: RevokeReason) -> News:
    told = {"batch_id": str(batch.pk), "code": coupon.code or batch.shared_code, "reason": reason.value}
    return News(holder.platform_id, TOLD, holder.external_id, told)
