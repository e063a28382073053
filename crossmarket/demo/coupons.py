"""More coupons of the demo: a fixed price, one for a segment, and in the learner's wallet one that was used and one missed."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import LinkedAccount
from profiles.models import Course, Segment
from promotions.models import CodeKind, Coupon, CouponBatch
from promotions.pricing.benefits import BenefitKind
from promotions.pricing.order import Line, Order
from promotions.services import claiming, redeeming

USED, MISSED = "老朋友立减", "周末九块九"
HESITATING = "hesitating"


def make_more_batches() -> None:
    """Drafts; whoever calls publishes them."""
    CouponBatch.objects.create(
        name=USED, benefit=BenefitKind.AMOUNT, value=500, code_kind=CodeKind.SHARED, shared_code="FRIEND5"
    )
    CouponBatch.objects.create(
        name=MISSED, description="任选一门，9.9 元学。", benefit=BenefitKind.FIXED_PRICE, value=990, days_after_claim=2
    )
    for_some = CouponBatch.objects.create(
        name="想学就现在",
        description="看了很多还没买？这张券请收好。",
        benefit=BenefitKind.AMOUNT,
        value=1_000,
        days_after_claim=14,
    )
    for_some.segments.set(Segment.objects.filter(key=HESITATING))


def use_and_miss(account: LinkedAccount) -> None:
    """On an account of the same person on another platform one coupon was used; on this one, one has expired."""
    missed, _is_new = claiming.claim(
        account.platform, account.external_id, CouponBatch.objects.get(name=MISSED).pk, "demo"
    )
    ago = timezone.now() - timedelta(days=3)
    Coupon.objects.filter(pk=missed.pk).update(claimed_at=ago, expires_at=ago + timedelta(days=2))
    accounts = LinkedAccount.objects.filter(person_id=account.person_id).exclude(pk=account.pk)
    buyer = accounts.select_related("platform").order_by("pk").first()
    course = buyer and Course.objects.filter(platform=buyer.platform, price__gt=500).order_by("pk").first()
    if not buyer or not course or course.price is None:
        return
    order = Order("demo-1", course.currency, (Line(course.item_id, course.price, 1),))
    reserved = redeeming.reserve(buyer.platform, buyer.external_id, ["FRIEND5"], order)
    redeeming.commit(reserved.pk, buyer.platform)
