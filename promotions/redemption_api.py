"""The partner API of coupons on orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.partner_view import PartnerView, answer
from accounts.services import tombstones
from crossmarket.foundation.bodies import MEBIBYTE, Identifier, decode, read_bytes, why_unstorable
from crossmarket.foundation.idempotency import once
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import documented
from promotions import codes
from promotions.checkout import Quote
from promotions.models import Redemption, Use
from promotions.pricing.order import Line, Order
from promotions.reasons import Refusal
from promotions.services import redeeming
from recommend.api import LANGUAGE, language

Amount = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class OrderItem(msgspec.Struct, frozen=True):
    """Some units of an item; the price is of one, in minor units."""

    item_id: Identifier
    price: Amount
    quantity: Quantity = 1


class OrderBody(msgspec.Struct, frozen=True):
    """An order; the amount is that of all items without coupons. Without items it is of nothing that is known here."""

    order_id: Identifier
    amount: Amount
    currency: Currency
    items: Annotated[list[OrderItem], msgspec.Meta(max_length=500)] = []

    def order(self) -> Order:
        """As pricing takes it. Raises `Problem`."""
        lines = tuple(Line(item.item_id, item.price, item.quantity) for item in self.items)
        order = Order(self.order_id, self.currency, lines or (Line("", self.amount, 1),))
        if order.amount != self.amount:
            words = f"The items cost {order.amount} together, not {self.amount}."
            raise Problem(422, "amount_mismatch", words, [FieldError("/order/amount", "amount_mismatch", words)])
        return order


class RedemptionBody(msgspec.Struct, frozen=True):
    """Codes that somebody wants to use on an order."""

    user_id: Identifier
    codes: Annotated[list[Code], msgspec.Meta(min_length=1, max_length=10)]
    order: OrderBody


class CodeAnswer(msgspec.Struct, frozen=True):
    """What one code takes off; where it does not work, `reason` and `detail` say why."""

    code: str
    works: bool
    discount: int
    reason: str | None = None
    detail: str | None = None


class ItemDiscount(msgspec.Struct, frozen=True):
    """What is taken off an item of the order, all its units together."""

    item_id: str
    discount: int


class ValidationAnswer(msgspec.Struct, frozen=True):
    """What the codes would take off, in the order in which they count; `valid` when all of them work."""

    valid: bool
    discount: int
    amount: int
    currency: str
    codes: list[CodeAnswer]
    items: list[ItemDiscount]


class RedemptionAnswer(msgspec.Struct, frozen=True):
    """Coupons on an order; `amount` is what is left to pay, `refunded` what was paid back of it."""

    id: UUID
    state: str
    expires_at: datetime
    order_id: str
    discount: int
    amount: int
    currency: str
    codes: list[CodeAnswer]
    items: list[ItemDiscount]
    refunded: int = 0


class Validations(PartnerView):
    """`/validations`."""

    browsers_may_call = True

    @documented(
        "Validate coupons",
        body=RedemptionBody,
        answers={200: ValidationAnswer},
        problems=(422,),
        parameters=[LANGUAGE],
        tag="promotions",
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Would these codes work for this order? Changes nothing."""
        _raw, body = _read(request)
        self.caller.require_user(body.user_id)
        platform = self.caller.platform
        with translation.override(language(request.GET.get("lang", ""), platform.locale)):
            return answer(_validation(redeeming.validate(platform, body.user_id, body.codes, body.order.order())))


class Redemptions(PartnerView):
    """`/redemptions`."""

    @documented(
        "Reserve coupons",
        body=RedemptionBody,
        answers={201: RedemptionAnswer},
        problems=(409, 422),
        parameters=[LANGUAGE],
        tag="promotions",
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Set coupons aside for an order, all or none, until it is paid or dropped."""
        raw, body = _read(request)
        platform = self.caller.platform

        def work() -> HttpResponse:
            with translation.override(language(request.GET.get("lang", ""), platform.locale)):
                try:
                    made, uses = redeeming.reserve_uses(platform, body.user_id, body.codes, body.order.order())
                except redeeming.CannotRedeem as refused:
                    raise _problem(refused.refusals, body.codes) from None
                return answer(_redemption(made, uses), 201)

        return once(request, f"redemptions of {platform.pk}", about(platform.pk, body.user_id), raw, work)


class Commit(PartnerView):
    """`/redemptions/{id}/commit`."""

    @documented("Commit a redemption", answers={200: RedemptionAnswer}, problems=(404, 409), tag="promotions")
    def post(self, request: HttpRequest, redemption_id: UUID) -> HttpResponse:
        """The order is paid. Said twice, it counts once."""
        try:
            return answer(_redemption(redeeming.commit(redemption_id, self.caller.platform)))
        except redeeming.AlreadyEnded as ended:
            raise Problem(409, "already_ended", str(ended)) from None
        except Redemption.DoesNotExist:
            raise unknown(redemption_id) from None


class RollBack(PartnerView):
    """`/redemptions/{id}/rollback`."""

    @documented("Roll a redemption back", answers={200: RedemptionAnswer}, problems=(404,), tag="promotions")
    def post(self, request: HttpRequest, redemption_id: UUID) -> HttpResponse:
        """The order was dropped or paid back. Said twice, it counts once."""
        try:
            return answer(_redemption(redeeming.roll_back(redemption_id, self.caller.platform)))
        except Redemption.DoesNotExist:
            raise unknown(redemption_id) from None


def about(platform_id: int, user_id: str) -> str:
    """Whom a kept answer concerns, so that it can be forgotten; no name that others could read."""
    return tombstones.digest_of(platform_id, user_id)


def _read(request: HttpRequest) -> tuple[bytes, RedemptionBody]:
    raw = read_bytes(request, MEBIBYTE)
    body = decode(raw, RedemptionBody)
    if unstorable := why_unstorable(raw):
        raise Problem(422, unstorable.code, unstorable.detail)
    return raw, body


def _validation(quote: Quote) -> ValidationAnswer:
    order = quote.order
    return ValidationAnswer(
        valid=not quote.refusals,
        discount=quote.discount,
        amount=order.amount - quote.discount,
        currency=order.currency,
        codes=[
            *(CodeAnswer(applied.code, True, applied.amount) for _found, applied in quote.applied),
            *(CodeAnswer(each.code, False, 0, str(each.reason), each.in_words()) for each in quote.refusals),
        ],
        items=_items([line.item_id for line in order.lines], quote.discounts),
    )


def _redemption(redemption: Redemption, uses: Sequence[Use] | None = None) -> RedemptionAnswer:
    uses = list(redemption.uses.order_by("place")) if uses is None else uses
    discounts = [sum(use.discounts[line] for use in uses) for line in range(len(redemption.lines))]
    return RedemptionAnswer(
        id=redemption.pk,
        state=redemption.state,
        expires_at=redemption.expires_at,
        order_id=redemption.order_id,
        discount=redemption.discount,
        amount=redemption.amount - redemption.discount,
        currency=redemption.currency,
        codes=[CodeAnswer(use.code, True, use.amount) for use in uses],
        items=_items([item_id for item_id, _price, _quantity in redemption.lines], discounts),
        refunded=redemption.refunded,
    )


def _items(item_ids: list[str], discounts: list[int]) -> list[ItemDiscount]:
    return [ItemDiscount(item_id, discount) for item_id, discount in zip(item_ids, discounts, strict=True)]


def _problem(refusals: list[Refusal], typed: list[str]) -> Problem:
    """The first code that does not work gives the problem its code; all are told, each where it stands in the body."""
    places = {codes.normal(code): place for place, code in reversed(list(enumerate(typed)))}
    refusals = sorted(refusals, key=lambda each: places.get(each.code, 0))
    errors = [FieldError(f"/codes/{places.get(each.code, 0)}", str(each.reason), each.in_words()) for each in refusals]
    return Problem(422, errors[0].code, errors[0].detail, errors)


def unknown(redemption_id: UUID) -> Problem:
    """There is none with this id, or it is another platform's."""
    return Problem(404, "redemption_not_found", f"There is no redemption {redemption_id} of this platform.")
