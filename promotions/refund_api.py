"""The partner API of refunds."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.partner_view import PartnerView, answer
from crossmarket.foundation.bodies import MEBIBYTE, Identifier, decode, read_bytes, why_unstorable
from crossmarket.foundation.idempotency import once
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import documented
from promotions.models import Redemption, Refund
from promotions.redemption_api import Quantity, about, unknown
from promotions.services import refunding
from promotions.services.refunding import CannotRefund, NotPaid, Wanted
from recommend.api import LANGUAGE, language

Sum = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
Place = Annotated[int, msgspec.Meta(ge=0, le=499)]


class ReturnedItem(msgspec.Struct, frozen=True):
    """Units that come back: by item, or by the place of a line among the order's items, from 0."""

    item_id: Identifier | None = None
    line: Place | None = None
    quantity: Quantity = 1


class RefundBody(msgspec.Struct, frozen=True):
    """What comes back: items, or of an order without any a part of its amount, as it was without coupons."""

    items: Annotated[list[ReturnedItem], msgspec.Meta(max_length=500)] = []
    amount: Sum | None = None

    def wanted(self, redemption: Redemption) -> list[Wanted]:
        """As the verb takes it. Raises `Problem`."""
        is_one_sum = refunding.is_one_sum(redemption)
        if is_one_sum and self.items:
            raise _wrong("not_in_order", "/items", "The order names no items: say the amount that comes back.")
        if self.amount is not None:
            if not is_one_sum:
                raise _wrong("items_required", "/amount", "The order names items: say which of them come back.")
            return [Wanted(self.amount, line=0)]
        return [_wanted(place, each) for place, each in enumerate(self.items)]


class ReturnedLine(msgspec.Struct, frozen=True):
    """What goes back for a line: money, and the part of the discount that goes back to the coupons' batches."""

    line: int
    item_id: str
    quantity: int
    amount: int
    discount: int


class RefundAnswer(msgspec.Struct, frozen=True):
    """A refund: `amount` is what the person gets back, `refundable` what can go back later.

    state: of the redemption, `rolled_back` once nothing is left.
    """

    id: UUID
    redemption_id: UUID
    state: str
    created_at: datetime
    amount: int
    discount: int
    refundable: int
    currency: str
    items: list[ReturnedLine]


class Refunds(PartnerView):
    """`/redemptions/{id}/refunds`."""

    @documented(
        "Refund a part of a redemption",
        body=RefundBody,
        answers={201: RefundAnswer},
        problems=(404, 409, 422),
        parameters=[LANGUAGE],
        tag="promotions",
    )
    def post(self, request: HttpRequest, redemption_id: UUID) -> HttpResponse:
        """Some of a paid order comes back: what to pay back for it, so that all refunds sum to what was paid."""
        raw = read_bytes(request, MEBIBYTE)
        body = decode(raw, RefundBody)
        if unstorable := why_unstorable(raw):
            raise Problem(422, unstorable.code, unstorable.detail)
        platform = self.caller.platform
        redemption = Redemption.objects.select_related("account").filter(pk=redemption_id, platform=platform).first()
        if redemption is None:
            raise unknown(redemption_id)
        account = redemption.account

        def work() -> HttpResponse:
            with translation.override(language(request.GET.get("lang", ""), platform.locale)):
                try:
                    made = refunding.refund(redemption_id, platform, body.wanted(redemption))
                except CannotRefund as refused:
                    place = "/amount" if body.amount is not None else f"/items/{refused.place or 0}"
                    raise _wrong(refused.code, place, str(refused)) from None
                except NotPaid as error:
                    raise Problem(409, "not_committed", str(error)) from None
                return answer(_told(made), 201)

        whom = about(platform.pk, account.external_id) if account else ""
        return once(request, f"refunds of {platform.pk}", whom, redemption_id.bytes + raw, work)


def _wanted(place: int, item: ReturnedItem) -> Wanted:
    if (item.item_id is None) == (item.line is None):
        raise _wrong("invalid_field", f"/items/{place}", "Say either item_id or line.")
    return Wanted(item.quantity, item.line, item.item_id or "")


def _told(made: Refund) -> RefundAnswer:
    redemption = Redemption.objects.get(pk=made.redemption_id)
    item_ids = [row[0] for row in redemption.lines]
    is_one_sum = refunding.is_one_sum(redemption)
    return RefundAnswer(
        id=made.pk,
        redemption_id=redemption.pk,
        state=redemption.state,
        created_at=made.created_at,
        amount=made.amount,
        discount=made.discount,
        refundable=redemption.amount - redemption.discount - redemption.refunded,
        currency=redemption.currency,
        items=[
            ReturnedLine(row.line, item_ids[row.line], row.units, row.amount, sum(row.discounts))
            for row in made.lines.order_by("line")
            if not is_one_sum
        ],
    )


def _wrong(code: str, pointer: str, words: str) -> Problem:
    return Problem(422, code, words, [FieldError(pointer, code, words)])
