"""Orders of a demo site: coupons on them are checked, set aside, used and given back by CrossMarket's API."""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from crossmarket.demo.catalogue import SiteCourse
from crossmarket.demo.site.partner import Partner

ORDERS_KEPT = 500
MOST_CODES = 5
CURRENCY = "CNY"


class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "open"
    RESERVED = "reserved"
    PAID = "paid"
    DROPPED = "dropped"


@dataclass
class SiteOrder:
    """One course that somebody is about to buy; money in minor units.

    told: what CrossMarket says of each code (`code`, `works`, `discount`, `detail`). trouble: what went wrong, in words.
    """

    order_id: str
    user_id: str
    course: SiteCourse
    came_from: str
    state: OrderState = OrderState.OPEN
    codes: list[str] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    discount: int = 0
    redemption_id: str = ""
    trouble: str = ""

    @property
    def to_pay(self) -> int:
        """What is left of the price."""
        return self.course.price - self.discount


class Ordering:
    """The orders of a site, the latest `ORDERS_KEPT` in memory, and what can be done with one."""

    def __init__(self, partner: Partner) -> None:
        self._partner = partner
        self._orders: OrderedDict[str, SiteOrder] = OrderedDict()

    def begin(self, user_id: str, course: SiteCourse, came_from: str) -> SiteOrder:
        """A new order of one course."""
        order = SiteOrder(uuid4().hex[:16], user_id, course, came_from)
        self._orders[order.order_id] = order
        while len(self._orders) > ORDERS_KEPT:
            self._orders.popitem(last=False)
        return order

    def find(self, order_id: str, user_id: str) -> SiteOrder | None:
        """An order of this user; None for those of others, too."""
        order = self._orders.get(order_id)
        return order if order is not None and order.user_id == user_id else None

    def offers(self, order: SiteOrder, language: str) -> list[dict[str, Any]]:
        """What the user could use here: coupons with their code, and those to be claimed (without)."""
        asked = self._partner.ask("GET", f"offers?user_id={quote(order.user_id, safe='')}&lang={language}")
        offers = asked.answer_fields.get("results", []) if asked.is_good else []
        return [each for each in offers if each.get("code") not in order.codes]

    def act(self, order: SiteOrder, what: str, form: dict[str, str], language: str) -> None:
        """Do what a button of the order's page says; what is not possible as the order stands changes nothing."""
        order.trouble = ""
        match order.state, what:
            case OrderState.OPEN, "check":
                typed = dict.fromkeys(form.get("codes", "").replace("，", " ").replace(",", " ").split())
                order.codes = list(typed)[:MOST_CODES]
                self._check(order, language)
            case OrderState.OPEN, "use":
                order.codes = list(dict.fromkeys([*order.codes, form.get("code", "")]))[:MOST_CODES]
                self._check(order, language)
            case OrderState.OPEN, "claim":
                self._claim(order, form.get("batch", ""), language)
            case OrderState.OPEN, "reserve":
                self._reserve(order, language)
            case ((OrderState.OPEN | OrderState.RESERVED), "pay"):
                self._pay(order)
            case ((OrderState.OPEN | OrderState.RESERVED), "drop"):
                self._drop(order)

    def _check(self, order: SiteOrder, language: str) -> None:
        order.told, order.discount = [], 0
        if not order.codes:
            return
        asked = self._partner.ask("POST", f"validations?lang={language}", self._body(order))
        if asked.is_good:
            answer = asked.answer_fields
            # All or none are set aside, so that nothing is promised while one of them does not work.
            order.told, order.discount = answer["codes"], answer["discount"] if answer["valid"] else 0
        else:
            order.trouble = asked.why

    def _claim(self, order: SiteOrder, batch_id: str, language: str) -> None:
        body = {"batch_id": batch_id, "user_id": order.user_id, "channel": "checkout"}
        asked = self._partner.ask("POST", f"coupons?lang={language}", body)
        if not asked.is_good:
            order.trouble = asked.why
            return
        order.codes = [*order.codes, asked.answer_fields["code"]][:MOST_CODES]
        self._check(order, language)

    def _reserve(self, order: SiteOrder, language: str) -> None:
        """All codes or none; the key makes sure that asking again reserves nothing twice."""
        key = f"{order.order_id} {' '.join(order.codes)}"
        asked = self._partner.ask("POST", f"redemptions?lang={language}", self._body(order), key)
        if not asked.is_good:
            order.trouble = asked.why
            self._tell_of_codes(order, asked.answer_fields)
            return
        answer = asked.answer_fields
        order.state, order.redemption_id = OrderState.RESERVED, answer["id"]
        order.told, order.discount = answer["codes"], answer["discount"]

    def _pay(self, order: SiteOrder) -> None:
        """Coupons first: an order is not paid with a discount that is not given. Then the purchase is told."""
        if order.state == OrderState.RESERVED:
            asked = self._partner.ask("POST", f"redemptions/{order.redemption_id}/commit", {})
            if not asked.is_good:
                order.trouble = asked.why
                if asked.status == "409":  # it took too long, and somebody else may have the coupon now
                    order.state, order.redemption_id, order.discount, order.told = OrderState.OPEN, "", 0, []
                return
        else:
            order.codes, order.told, order.discount = [], [], 0
        order.state = OrderState.PAID
        self._partner.tell("purchase", order.user_id, order.course.item_id, order.to_pay, order.came_from)

    def _drop(self, order: SiteOrder) -> None:
        if order.state == OrderState.RESERVED:
            asked = self._partner.ask("POST", f"redemptions/{order.redemption_id}/rollback", {})
            if not asked.is_good:
                order.trouble = asked.why
                return
        order.state = OrderState.DROPPED

    def _tell_of_codes(self, order: SiteOrder, problem: dict[str, Any]) -> None:
        """Which codes a refused reservation is about, where the problem says so."""
        places = {each["pointer"].rpartition("/")[2]: each["detail"] for each in problem.get("errors", [])}
        order.told = [
            {"code": code, "works": str(place) not in places, "discount": 0, "detail": places.get(str(place), "")}
            for place, code in enumerate(order.codes)
        ]
        order.discount = 0

    def _body(self, order: SiteOrder) -> dict[str, Any]:
        item = {"item_id": order.course.item_id, "price": order.course.price, "quantity": 1}
        return {
            "user_id": order.user_id,
            "codes": order.codes,
            "order": {
                "order_id": order.order_id,
                "amount": order.course.price,
                "currency": CURRENCY,
                "items": [item],
            },
        }
