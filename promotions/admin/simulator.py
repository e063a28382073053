"""The simulator: would it work for this person and this order, and why not."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from profiles.models import Course
from promotions.admin.money_fields import MoneyField
from promotions.models import BatchState, CouponBatch
from promotions.pricing.order import Line, Order
from promotions.simulating import Tried, simulate

MAY_LOOK = ("promotions.view_couponbatch", "promotions.change_couponbatch")
MAY_LOOK_AT_PEOPLE = "accounts.view_linkedaccount"
ROWS = 4
OFFERED_COURSES = 200
MOST_BATCHES = 200
MOST_CODES = 20


def _input(**attributes: str) -> dict[str, str]:
    return {"class": "desk-input", "autocomplete": "off", **attributes}


class CircumstancesForm(forms.Form):
    """Who buys where, and with which coupons."""

    platform = forms.ModelChoiceField(
        Platform.objects.order_by("name"),
        label=_("platform"),
        empty_label=None,
        widget=forms.Select({"class": "desk-input"}),
    )
    user_id = forms.CharField(
        label=_("user id"),
        required=False,
        max_length=200,
        help_text=_("Empty: somebody not known yet."),
        widget=forms.TextInput(_input()),
    )
    codes = forms.CharField(
        label=_("coupon codes"),
        required=False,
        max_length=1000,
        help_text=_("Several parted by commas."),
        widget=forms.TextInput(_input()),
    )
    batches = forms.ModelMultipleChoiceField(
        CouponBatch.objects.none(),
        label=_("or a coupon of these batches"),
        required=False,
        help_text=_("Drafts too: they are tried as though they were live."),
        widget=forms.SelectMultiple({"class": "desk-input", "size": "4"}),
    )
    moment = forms.DateTimeField(
        label=_("time"),
        required=False,
        help_text=_("Empty: now."),
        widget=forms.DateTimeInput({**_input(), "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        latest = CouponBatch.objects.exclude(state=BatchState.ENDED).order_by("-created_at")[:MOST_BATCHES]
        self.fields["batches"].queryset = CouponBatch.objects.filter(  # type: ignore[attr-defined]
            pk__in=[batch.pk for batch in latest]
        ).order_by("name")

    def clean_codes(self) -> list[str]:
        """The codes, each once."""
        text: str = self.cleaned_data["codes"].replace("，", ",")
        return [code.strip() for code in text.split(",") if code.strip()][:MOST_CODES]


class LineForm(forms.Form):
    """A course and how many of it."""

    item_id = forms.CharField(
        label=_("course"), required=False, max_length=200, widget=forms.TextInput(_input(list="simulator-courses"))
    )
    quantity = forms.IntegerField(
        label=_("how many"), min_value=1, max_value=10_000, initial=1, widget=forms.NumberInput(_input())
    )
    price = MoneyField(label=_("price"), required=False)


LineRows = forms.formset_factory(LineForm, extra=ROWS, max_num=20)


@dataclass(frozen=True)
class ShownLine:
    """A line of the order with what is taken off it."""

    title: str
    quantity: int
    amount: int
    discount: int

    @property
    def to_pay(self) -> int:
        """What is left."""
        return self.amount - self.discount


def simulator_page(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """The page; asked for by htmx, only the answer."""
    if not any(request.user.has_perm(permission) for permission in MAY_LOOK):
        raise PermissionDenied
    is_asked = request.method == "POST"
    form = CircumstancesForm(request.POST if is_asked else None, initial=_initial(request))
    lines = LineRows(request.POST if is_asked else None, prefix="lines")
    context: dict[str, Any] = {"form": form, "lines": lines, "is_asked": is_asked}
    if is_asked and form.is_valid() and lines.is_valid():
        context |= _answer(request, form.cleaned_data, lines)
    if request.htmx and is_asked:
        return render(request, "admin/promotions/simulator/answer.html", context)
    context |= {
        **admin.site.each_context(request),
        "title": _("Simulator"),
        "opts": model_admin.opts,
        "courses": Course.objects.listed().select_related("platform").order_by("platform", "title")[:OFFERED_COURSES],
        "may_look_at_people": request.user.has_perm(MAY_LOOK_AT_PEOPLE),
    }
    return render(request, "admin/promotions/simulator/page.html", context)


def _initial(request: HttpRequest) -> dict[str, Any]:
    batch = request.GET.get("batch")
    return {"platform": Platform.objects.order_by("name").first(), "batches": [batch] if batch else []}


def _answer(request: HttpRequest, asked: dict[str, Any], rows: Any) -> dict[str, Any]:
    platform, user_id = asked["platform"], asked["user_id"]
    if user_id and not request.user.has_perm(MAY_LOOK_AT_PEOPLE):
        raise PermissionDenied
    wanted = [row.cleaned_data for row in rows.forms if row.cleaned_data.get("item_id")]
    courses = {
        course.item_id: course
        for course in Course.objects.filter(platform=platform, item_id__in=[each["item_id"] for each in wanted])
    }
    faults = [
        _("%(item)s: there is no such course on this platform, so that it needs a price.") % {"item": each["item_id"]}
        for each in wanted
        if each["price"] is None and _list_price(courses.get(each["item_id"])) is None
    ]
    if faults or not wanted:
        return {"faults": faults or [_("Name at least one course.")]}
    found = [Line(each["item_id"], _price(each, courses.get(each["item_id"])), each["quantity"]) for each in wanted]
    currency = next((course.currency for course in courses.values()), "CNY")
    account = LinkedAccount.objects.filter(platform=platform, external_id=user_id).first() if user_id else None
    moment = asked["moment"] or timezone.now()
    order = Order("", currency, tuple(found))
    simulation = simulate(platform, account, order, asked["codes"], list(asked["batches"]), moment)
    return {
        "simulation": simulation,
        "currency": currency,
        "is_stranger": account is None,
        "user_id": user_id,
        "moment": moment,
        "shown": [
            ShownLine(str(courses.get(line.item_id, line.item_id)), line.quantity, line.amount, discount)
            for line, discount in zip(order.lines, simulation.quote.discounts, strict=True)
        ],
        "tried": [_with_lines(each, order, courses) for each in simulation.tried],
    }


def _with_lines(tried: Tried, order: Order, courses: dict[str, Course]) -> tuple[Tried, list[tuple[str, int]]]:
    """Beside what was tried, what it takes off each course that it makes cheaper."""
    pairs = zip(order.lines, tried.discounts, strict=True)
    return tried, [(str(courses.get(line.item_id, line.item_id)), discount) for line, discount in pairs if discount]


def _list_price(course: Course | None) -> int | None:
    return course.price if course else None


def _price(asked: dict[str, Any], course: Course | None) -> int:
    price = asked["price"]
    return int(price if price is not None else _list_price(course) or 0)
