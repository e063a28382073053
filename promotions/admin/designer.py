"""The designer of batches: a form in which money, shares, courses and hours are written as people write them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from promotions import codes
from promotions.admin.hours_field import HoursField
from promotions.admin.money_fields import MoneyField, major_units, minor_units
from promotions.admin.scope_field import ScopeField
from promotions.models import CodeKind, CouponBatch
from promotions.pricing.benefits import Benefit, BenefitKind

CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP")
TIME_ZONES = (
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Europe/London",
    "America/New_York",
    "UTC",
)
HUNDRED = Decimal(100)


def _money(label: Any, help_text: Any = "") -> MoneyField:
    widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "any", "min": "0", "inputmode": "decimal"})
    return MoneyField(label=label, required=False, help_text=help_text, widget=widget)


class CouponBatchForm(forms.ModelForm):
    """A batch as a marketer writes it; kept in minor units and basis points."""

    value = forms.DecimalField(
        label=_("value"),
        min_value=0,
        max_value=10**13,
        required=False,
        help_text=_("Percent for a share (20 is 20 percent), money for an amount or a price; empty for a free item."),
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any", "min": "0", "inputmode": "decimal"}),
    )
    cap = _money(_("at most"), _("The most that a share may take off; empty for no bound."))
    minimum = _money(_("minimum amount"), _("What the courses must cost together, before coupons."))
    budget = _money(_("budget"), _("What all uses may take off together; empty for no bound."))
    currency = forms.ChoiceField(label=_("currency"), widget=UnfoldAdminSelectWidget)
    timezone = forms.ChoiceField(label=_("time zone"), widget=UnfoldAdminSelectWidget)
    scope = ScopeField(label=_("good for"), required=False)
    hours = HoursField(
        label=_("hours of the week"),
        required=False,
        help_text=_("No day ticked: always. Until a time that is not later than the first is on the next day."),
    )

    class Meta:
        model = CouponBatch
        fields = "__all__"  # noqa: DJ007 the admin's fieldsets name the fields
        help_texts = {
            "units": _("For how many units a fixed price or a free item is; empty for all."),
            "rank": _("Of several coupons on an order, those with lower ranks come first."),
            "group": _("Of coupons of one group only the first counts."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batch: CouponBatch = self.instance
        for field in self.fields.values():
            field.label = capfirst(field.label)
        for name, usual in (("currency", CURRENCIES), ("timezone", TIME_ZONES)):
            if name in self.fields:
                values = dict.fromkeys((*usual, getattr(batch, name)))
                self.fields[name].choices = [(each, each) for each in values]  # type: ignore[attr-defined]
                self.initial.setdefault(name, getattr(batch, name))
        currency = self.data.get(self.add_prefix("currency")) if self.is_bound else None
        for name in ("cap", "minimum", "budget"):
            field = self.fields.get(name)
            if isinstance(field, MoneyField):
                field.currency = currency if currency in CURRENCIES else batch.currency
        if "value" in self.fields and self.instance.created_at is not None:
            self.initial["value"] = _as_written(batch)

    def clean_minimum(self) -> int:
        """None is as good as nothing."""
        return self.cleaned_data["minimum"] or 0

    def clean(self) -> dict[str, Any]:
        """The parts that have to fit together."""
        cleaned = super().clean() or {}
        cleaned["shared_code"] = codes.normal(cleaned.get("shared_code") or "")
        if "value" in self.fields and "benefit" in cleaned and "value" in cleaned:
            try:
                cleaned["value"] = _as_kept(cleaned)
                Benefit(BenefitKind(cleaned["benefit"]), cleaned["value"], cleaned.get("cap"), cleaned.get("units"))
            except ValueError as error:
                self.add_error("value", ValidationError(str(error)))
        is_shared = cleaned.get("code_kind") == CodeKind.SHARED
        if is_shared != bool(cleaned["shared_code"]):
            self.add_error("shared_code", _("Batches with one code for everybody have it here, and others have none."))
        if is_shared and cleaned.get("days_after_claim"):
            self.add_error("days_after_claim", _("Only coupons with codes of their own can end days after claiming."))
        return cleaned


def _as_written(batch: CouponBatch) -> Decimal | None:
    """The value of a batch in percent or in money."""
    if batch.benefit == BenefitKind.FREE_ITEM:
        return None
    if batch.benefit == BenefitKind.PERCENT:
        share = Decimal(batch.value) / HUNDRED
        return share.to_integral_value() if share == share.to_integral_value() else share
    return major_units(batch.value, batch.currency)


def _as_kept(cleaned: dict[str, Any]) -> int:
    """Basis points or minor units. Raises `ValueError` for a value that is missing or too fine."""
    value: Decimal | None = cleaned["value"]
    benefit = cleaned["benefit"]
    if benefit == BenefitKind.FREE_ITEM:
        if value:
            raise ValueError(_("A free item costs nothing: leave this empty."))
        return 0
    if value is None:
        raise ValueError(_("Say how much it gives."))
    if benefit == BenefitKind.PERCENT:
        points = value * HUNDRED
        if points != points.to_integral_value() or not 0 < points <= HUNDRED * HUNDRED:
            raise ValueError(_("A share is from 0.01 to 100 percent, in hundredths of a percent."))
        return int(points)
    return minor_units(value, cleaned.get("currency") or "CNY")
