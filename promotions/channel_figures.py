"""What came of each claim link: claims, purchases, and the money of both."""

from django.db.models import BigIntegerField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from promotions.models import ClaimLink, Coupon, RedemptionState, Use


def with_figures(links: QuerySet[ClaimLink]) -> QuerySet[ClaimLink]:
    """Links with `claims`, `purchases` (paid orders), `revenue` (what was paid for them, without what was
    refunded) and `discount`.

    A use counts for the channel by which its coupon was claimed; of a code that everybody types, for the channel by
    which the person claimed it. Money is in minor units of the batch's currency.
    """
    claimed = Coupon.objects.filter(batch=OuterRef("batch"), channel=OuterRef("channel"), claimed_at__isnull=False)
    of_channel = Q(coupon__channel=OuterRef("channel")) | Q(
        coupon=None,
        redemption__account__person__in=Coupon.objects.filter(
            batch=OuterRef(OuterRef("batch")), channel=OuterRef(OuterRef("channel"))
        ).values("holder__person"),
    )
    paid = Use.objects.filter(of_channel, batch=OuterRef("batch"), redemption__state=RedemptionState.COMMITTED)
    return links.annotate(
        claims=_of(claimed, Count("pk")),
        purchases=_of(paid, Count("redemption", distinct=True)),
        revenue=_of(paid, Sum(F("redemption__amount") - F("redemption__discount") - F("redemption__refunded"))),
        discount=_of(paid, Sum(F("amount") - F("returned"))),
    )


def _of(rows: QuerySet, figure: Count | Sum) -> Coalesce:
    """One figure over these rows, 0 where there are none."""
    figures = rows.order_by().values("batch").annotate(figure=figure).values("figure")
    return Coalesce(Subquery(figures, output_field=BigIntegerField()), 0)
