"""Data quality: what the steps of cleaning did with the events of each platform and day, and doing it anew."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.models import Platform
from crossmarket.foundation.desk import ReadOnlyAdmin, go_to, question
from profiles.admin.quality_chart import SERIES, quality_chart
from profiles.cleaning.looking import enqueue_cleaning
from profiles.cleaning.steps import FILLING_IN, LEAVING_OUT
from profiles.models import CleaningProgress, QualityDay
from profiles.quality import report

MAY_CLEAN = "profiles.add_qualityday"
PERIODS = ((7, _("7 days")), (30, _("30 days")), (90, _("90 days")))
USUAL_PERIOD = 30


class ChoiceForm(forms.Form):
    """Which platform and which days are looked at."""

    platform = forms.ModelChoiceField(
        Platform.objects.order_by("name"),
        required=False,
        label=_("platform"),
        empty_label=_("all platforms"),
        widget=forms.Select({"class": "desk-input"}),
    )
    days = forms.TypedChoiceField(
        choices=PERIODS,
        coerce=int,
        required=False,
        empty_value=USUAL_PERIOD,
        label=_("period"),
        widget=forms.Select({"class": "desk-input"}),
    )


@admin.register(QualityDay)
class QualityDayAdmin(ReadOnlyAdmin):
    """One page: the chart, the table of days, and the rules."""

    change_list_template = "admin/profiles/qualityday/change_list.html"
    actions_list = ("clean_now",)
    list_per_page = 1

    def has_clean_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this user may have all events judged anew."""
        return request.user.has_perm(MAY_CLEAN)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The page."""
        chosen = ChoiceForm(request.GET)
        is_valid = chosen.is_valid()
        platform = chosen.cleaned_data["platform"] if is_valid else None
        days = chosen.cleaned_data["days"] if is_valid else USUAL_PERIOD
        found = report(timezone.localdate(), days, platform.pk if platform else None)
        request.GET = QueryDict()  # what is chosen means nothing to the list of rows behind the page
        context = {
            "title": _("Data quality"),
            "form": ChoiceForm({"platform": platform, "days": days}),
            "together": found.together,
            "days": [(day, quality) for day, quality in reversed(found.days) if quality.came],
            "left_out_together": zip(LEAVING_OUT, found.together.left_out, strict=True),
            "chart": quality_chart(found),
            "series": SERIES,
            "leaving_out": LEAVING_OUT,
            "filling_in": FILLING_IN,
            "looked_at": CleaningProgress.objects.values_list("looked_at", flat=True).first(),
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    @action(
        description=_("Judge all events anew"),
        icon="mop",
        permissions=["clean"],
        dialog=question(
            _("Judge all events anew?"),
            _("A worker applies the rules below to all events ever received. What has just come is judged by itself."),
            _("Judge"),
        ),
    )
    def clean_now(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Let a worker judge all events."""
        job = enqueue_cleaning()
        messages.success(request, _("The events wait for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))
