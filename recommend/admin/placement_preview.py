"""The preview beside a placement's rules, as they are written at this moment: how the list of anybody would be made."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import LinkedAccount, Platform
from recommend.admin.placement_editor import editor_of
from recommend.admin.placement_words import SOURCES, in_words
from recommend.models import Placement
from recommend.placements.rules import PlacementRules
from recommend.serving.circumstances import Device
from recommend.serving.pool import PRECEDENCE
from recommend.serving.previewing import Asked, Candidate, preview

AT_ONCE = 50
MOST_OFFSET = 5_000
MAY_LOOK = ("recommend.view_placement", "recommend.add_placement", "recommend.change_placement")
MAY_LOOK_AT_PEOPLE = "accounts.view_linkedaccount"

DEVICES = [
    (Device.UNKNOWN, _("unknown")),
    (Device.PHONE, _("phone")),
    (Device.TABLET, _("tablet")),
    (Device.DESKTOP, _("computer")),
    (Device.TV, _("television")),
    (Device.OTHER, _("another device")),
]
WEEKDAYS = [
    ("", _("today")),
    *enumerate((_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))),
]


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "desk-input"})


def _input(**attributes: str) -> dict[str, str]:
    return {"class": "desk-input", **attributes}


class AskForm(forms.Form):
    """For whom and under which circumstances."""

    platform = forms.ModelChoiceField(Platform.objects.all(), label=_("platform"), empty_label=None, widget=_select())
    user_id = forms.CharField(
        label=_("user id"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=_input(placeholder=str(_("empty: a stranger")), autocomplete="off")),
    )
    device = forms.ChoiceField(label=_("device"), required=False, choices=DEVICES, widget=_select())
    hour = forms.TypedChoiceField(
        label=_("hour"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("now")), *((hour, f"{hour}:00") for hour in range(24))],
        widget=_select(),
    )
    weekday = forms.TypedChoiceField(
        label=_("weekday"), required=False, coerce=int, empty_value=None, choices=WEEKDAYS, widget=_select()
    )
    limit = forms.IntegerField(
        label=_("courses"), min_value=1, max_value=50, initial=10, widget=forms.NumberInput(attrs=_input())
    )
    offset = forms.IntegerField(required=False, min_value=0, max_value=MOST_OFFSET, initial=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, placement: Placement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if placement.platform_id:
            self.fields["platform"].queryset = Platform.objects.filter(  # type: ignore[attr-defined]
                pk=placement.platform_id
            )


@dataclass(frozen=True)
class Row:
    """A candidate as the table shows it; scores follow PRECEDENCE."""

    candidate: Candidate
    scores: list[str]
    effects: list[str]


@require_POST
def show(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """The fragment: how the list would be made."""
    if not any(request.user.has_perm(permission) for permission in MAY_LOOK):
        raise PermissionDenied
    placement = Placement.objects.select_related("platform").filter(pk=_number(request.POST.get("placement"))).first()
    editor = editor_of(placement or Placement(), request.POST)
    ask = AskForm(request.POST, placement=placement or Placement(), prefix="ask")
    rules = editor.rules()
    context: dict[str, Any] = {"faults": editor.faults, "is_wrong": rules is None or not ask.is_valid(), "ask": ask}
    if rules is not None and ask.is_valid():
        context |= _previewed(request, rules, request.POST.get("about-key", ""), ask.cleaned_data)
    return render(request, "admin/recommend/placement/preview.html", context)


def _previewed(request: HttpRequest, rules: PlacementRules, key: str, asked: dict[str, Any]) -> dict[str, Any]:
    platform, user_id = asked["platform"], asked["user_id"] or None
    if user_id is not None and not request.user.has_perm(MAY_LOOK_AT_PEOPLE):
        raise PermissionDenied
    is_known = user_id is None or LinkedAccount.objects.filter(platform=platform, external_id=user_id).exists()
    question = Asked(user_id, Device(asked["device"]), asked["hour"], asked["weekday"], asked["limit"])
    offset = asked["offset"] or 0
    found = preview(platform, key or "home", rules, question, offset, AT_ONCE)
    return {
        "preview": found,
        "is_known": is_known,
        "user_id": user_id,
        "source_names": [SOURCES[source] for source in PRECEDENCE],
        "rows": [_row(each) for each in found.candidates],
        "first": offset + 1,
        "last": offset + len(found.candidates),
        "later": offset + AT_ONCE if offset + AT_ONCE < found.total else None,
        "earlier": max(0, offset - AT_ONCE) if offset else None,
        "shown": [(place, each, SOURCES[each.item.source]) for place, each in enumerate(found.shown, 1)],
    }


def _row(candidate: Candidate) -> Row:
    scores = [f"{candidate.scores[source]:.3g}" if source in candidate.scores else "" for source in PRECEDENCE]
    return Row(candidate, scores, [in_words(effect) for effect in candidate.effects])


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None
