"""Refunds at the desk: what comes back of an order, what the person gets for it, and doing it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crossmarket.foundation.money import in_words as money
from profiles.models import Course
from promotions.admin.money_fields import MoneyField
from promotions.models import Redemption, RedemptionState
from promotions.services import refunding
from promotions.services.refunding import CannotRefund, NotPaid, Paid, Wanted

MAY_REFUND = "promotions.add_refund"
PAGE = "admin/promotions/redemption/refund.html"
ANSWER = "admin/promotions/redemption/refund_answer.html"


@dataclass(frozen=True)
class ShownLine:
    """A line of the order: what it is, how much of it is left to come back, and where to say how much does."""

    title: str
    price: int
    bought: int
    left: int
    field: SafeString | None
    errors: list[str]


class RefundForm(forms.Form):
    """How much of each line comes back; of an order without items, a sum.

    known: how many refunds there were when the page was made, so that what is sent twice counts once.
    """

    known = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, paid: Paid, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_one_sum = refunding.is_one_sum(paid.redemption)
        for place, (line, back) in enumerate(zip(paid.lines, paid.back, strict=True)):
            left = line.units - back.units
            if not left:
                continue
            self.fields[f"line{place}"] = _sum(paid, left) if is_one_sum else _units(left)

    def wanted(self) -> list[Wanted]:
        """As the verb takes it."""
        fields = self.cleaned_data.items()
        given = [(int(name.removeprefix("line")), value) for name, value in fields if name.startswith("line")]
        return [Wanted(int(value), line=place) for place, value in given if value]


def refund_page(request: HttpRequest, redemption_id: UUID, model_admin: Any) -> HttpResponse:
    """Say what comes back, see what the person gets, and pay it back; asked by htmx, only what they would get."""
    if not request.user.has_perm(MAY_REFUND):
        raise PermissionDenied
    redemption = get_object_or_404(Redemption.objects.select_related("platform"), pk=redemption_id)
    paid = refunding.paid_of(redemption)
    initial = {"known": redemption.refunds.count()}
    form = RefundForm(paid, request.POST if request.method == "POST" else None, initial=initial)
    is_asked = request.method == "POST" and form.is_valid()
    if request.method == "POST" and request.htmx:
        answer = _worked_out(paid, form.wanted()) if is_asked else {}
        return render(request, ANSWER, {"form": form, "redemption": redemption, **answer})
    if is_asked and _is_done(request, redemption, form):
        return redirect("admin:promotions_redemption_change", redemption.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Refund of order %(order)s") % {"order": redemption.order_id},
        "opts": model_admin.opts,
        "form": form,
        "redemption": redemption,
        "is_paid": redemption.state == RedemptionState.COMMITTED,
        "shown": _shown(paid, form),
        "left": paid.left,
    }
    return render(request, PAGE, context)


def _sum(paid: Paid, left: int) -> MoneyField:
    field = MoneyField(label=gettext_lazy("comes back"), required=False)
    field.currency = paid.redemption.currency
    field.help_text = _("At most %(left)s, as it was without coupons.") % {"left": money(left, field.currency)}
    return field


def _units(left: int) -> forms.IntegerField:
    widget = forms.NumberInput({"class": "desk-input", "min": "0", "max": str(left), "inputmode": "numeric"})
    return forms.IntegerField(
        label=gettext_lazy("comes back"), required=False, min_value=0, max_value=left, widget=widget
    )


def _worked_out(paid: Paid, wanted: list[Wanted]) -> dict[str, Any]:
    if not wanted:
        return {}
    try:
        parts = refunding.worked_out(paid, wanted).values()
    except CannotRefund as refused:
        return {"fault": str(refused)}
    return {"amount": sum(part.amount for part in parts), "discount": sum(part.discount for part in parts)}


def _is_done(request: HttpRequest, redemption: Redemption, form: RefundForm) -> bool:
    known = form.cleaned_data["known"]
    try:
        made = refunding.refund(redemption.pk, redemption.platform, form.wanted(), request.user, known)
    except (CannotRefund, NotPaid) as refused:
        messages.error(request, str(refused))
        return False
    messages.success(request, _("Paid back: %(amount)s.") % {"amount": money(made.amount, redemption.currency)})
    return True


def _shown(paid: Paid, form: RefundForm) -> list[ShownLine]:
    redemption = paid.redemption
    item_ids = [row[0] for row in redemption.lines]
    courses = Course.objects.filter(platform=redemption.platform, item_id__in=item_ids)
    titles = dict(courses.values_list("item_id", "title"))
    rows = enumerate(zip(paid.lines, paid.back, strict=True))
    return [
        ShownLine(
            title=titles.get(item_ids[place], item_ids[place]),
            price=line.price,
            bought=line.units,
            left=line.units - back.units,
            **_field(form, place, titles.get(item_ids[place], item_ids[place])),
        )
        for place, (line, back) in rows
    ]


def _field(form: RefundForm, place: int, title: str) -> dict[str, Any]:
    """Where to say it, called after its line for those who cannot see the table."""
    name = f"line{place}"
    if name not in form.fields:
        return {"field": None, "errors": []}
    words = _("%(course)s: comes back") % {"course": title or _("the order")}
    return {"field": form[name].as_widget(attrs={"aria-label": words}), "errors": list(form[name].errors)}
