"""What is told beside the designer while a marketer types: the rule in words, who could use it, what it may cost."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from promotions import rule_words
from promotions.batch_forecast import forecast_of
from promotions.models import CouponBatch
from promotions.reach import reach_of

LANGUAGES = (("zh-hans", "中文"), ("en", "English"))
MAY_LOOK = ("promotions.view_couponbatch", "promotions.add_couponbatch", "promotions.change_couponbatch")


@require_POST
def preview(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """The fragment for the batch as it is written at this moment, saved or not."""
    if not any(request.user.has_perm(permission) for permission in MAY_LOOK):
        raise PermissionDenied
    batch = _kept(request.POST.get("batch", ""))
    form = model_admin.get_form(request, batch, change=batch is not None)(request.POST, instance=batch)
    if not form.is_valid():
        wrong = [
            (form.fields[name].label if name in form.fields else "", errors) for name, errors in form.errors.items()
        ]
        return render(request, "admin/promotions/couponbatch/preview.html", {"wrong": wrong})
    return render(request, "admin/promotions/couponbatch/preview.html", told_of(form.instance, _segments(form, batch)))


def told_of(batch: CouponBatch, segments: list[Any]) -> dict[str, Any]:
    """Words in both languages, reach and forecast of a batch that need not be saved."""
    words = []
    for code, name in LANGUAGES:
        with override(code):
            words.append((code, name, rule_words.in_words(batch, segments=segments)))
    reach = reach_of(batch, [segment.pk for segment in segments])
    context: dict[str, Any] = {
        "batch": batch,
        "words": words,
        "reach": reach,
        "notes": list(_notes(batch, reach.persons)),
    }
    if reach.persons is not None:
        context["forecast"], context["are_list_prices"] = forecast_of(batch, reach.persons)
    return context


def _kept(key: str) -> CouponBatch | None:
    try:
        return CouponBatch.objects.filter(pk=UUID(key)).first() if key else None
    except ValueError:
        return None


def _segments(form: Any, batch: CouponBatch | None) -> list[Any]:
    if "segments" in form.cleaned_data:
        return list(form.cleaned_data["segments"])
    return list(batch.segments.all()) if batch else []


def _notes(batch: CouponBatch, people: int | None) -> Iterator[str]:
    """What a marketer may have overlooked."""
    if batch.limit_total is None and batch.budget is None:
        yield _("Neither uses nor money are limited.")
    if batch.limit_person is None:
        yield _("One person may use it any number of times; the forecast counts each once.")
    if batch.ends_at is None and batch.days_after_claim is None:
        yield _("It never ends by itself.")
    if batch.holdout:
        yield _("%(percent)d in 100 of them are held out and do not see it.") % {"percent": batch.holdout}
    if people == 0:
        yield _("Nobody could use it now.")
