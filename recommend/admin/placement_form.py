"""Forms for the rules of a placement: a field for each setting, and rows for boosts, members and fixed places."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Platform
from profiles.models import Course, Segment
from profiles.models.course import CourseKind
from profiles.segmentation.naming import name_of
from recommend.admin.placement_words import STAGES
from recommend.placements.rules import PlacementRules, Stage, Which

SEPARATORS = re.compile(r"[,，;；\n]")
BLANK_ROWS = 1
MOST_ROWS = 50
SWITCH = "stage_"


def names_in(text: str) -> list[str]:
    """The names in a text that parts them by commas, semicolons or lines."""
    return [name.strip() for name in SEPARATORS.split(text) if name.strip()]


class CoursesField(forms.CharField):
    """Courses, written as platform/item and parted by commas; cleaned to their keys."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget, **options)

    def prepare_value(self, value: Any) -> Any:
        """Keys as they are written."""
        return written_courses(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The keys of the courses named. Raises `ValidationError` for one that is not there."""
        return [_course_key(name) for name in names_in(super().clean(value) or "")]


def written_courses(keys: Iterable[int]) -> str:
    """Courses as they are written in forms."""
    courses = Course.objects.select_related("platform").in_bulk(list(keys))
    found = [courses[key] for key in keys if key in courses]
    return ", ".join(f"{course.platform.slug}/{course.item_id}" for course in found)


def _course_key(name: str) -> int:
    slug, _slash, item_id = name.partition("/")
    found = None if "\0" in name else Course.objects.filter(platform__slug=slug, item_id=item_id).first()
    if found is None:
        raise ValidationError(_("There is no course %(name)s. Write it as platform/item."), params={"name": name})
    return found.pk


class NamesField(forms.CharField):
    """Names parted by commas, cleaned to a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget, **options)

    def prepare_value(self, value: Any) -> Any:
        """Names as they are written."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The names."""
        return names_in(super().clean(value) or "")


class WhichForm(forms.Form):
    """Some courses: by what they are, or one by one."""

    categories = NamesField(label=_("categories"), required=False)
    kinds = forms.MultipleChoiceField(
        label=_("kinds"), required=False, choices=CourseKind.choices, widget=forms.CheckboxSelectMultiple
    )
    teachers = NamesField(label=_("teachers"), required=False)
    tags = NamesField(label=_("tags"), required=False)
    languages = NamesField(label=_("languages"), required=False)
    platforms = forms.MultipleChoiceField(label=_("platforms"), required=False, widget=forms.CheckboxSelectMultiple)
    courses = CoursesField(label=_("single courses (platform/item)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["platforms"].choices = [  # type: ignore[attr-defined]
            (each.slug, each.name) for each in Platform.objects.partners()
        ]

    def which(self) -> dict[str, Any]:
        """The selection as rules keep it."""
        return {name: self.cleaned_data[name] for name in Which.__struct_fields__ if self.cleaned_data.get(name)}


class BoostForm(WhichForm):
    """Courses whose scores are multiplied."""

    factor = forms.FloatField(
        label=_("factor"),
        min_value=0.001,
        max_value=1000,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        help_text=_("Above 1 they rise, below 1 they are buried."),
    )
    field_order = ["factor"]

    def rule(self) -> dict[str, Any]:
        """The rule of this row."""
        return {"factor": self.cleaned_data["factor"], "which": self.which()}


class MembersForm(WhichForm):
    """Courses for the members of a segment alone."""

    segment = forms.ChoiceField(label=_("segment"), widget=UnfoldAdminSelectWidget)
    field_order = ["segment"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(each.key, name_of(each)) for each in Segment.objects.active()]
        self.fields["segment"].choices = [("", "-"), *known]  # type: ignore[attr-defined]

    def rule(self) -> dict[str, Any]:
        """The rule of this row."""
        return {"segment": self.cleaned_data["segment"], "which": self.which()}


class PinForm(forms.Form):
    """A course that always stands at a place."""

    place = forms.IntegerField(label=_("place"), min_value=1, max_value=50, widget=UnfoldAdminIntegerFieldWidget)
    course = CoursesField(label=_("course (platform/item)"))

    def clean_course(self) -> int:
        """Exactly one."""
        found: list[int] = self.cleaned_data["course"]
        if len(found) != 1:
            raise ValidationError(_("One course for each place."))
        return found[0]

    def rule(self) -> dict[str, Any]:
        """The rule of this row."""
        return {"place": self.cleaned_data["place"], "course": self.cleaned_data["course"]}


BoostRows = forms.formset_factory(BoostForm, extra=BLANK_ROWS, can_delete=True, max_num=MOST_ROWS)
MembersRows = forms.formset_factory(MembersForm, extra=BLANK_ROWS, can_delete=True, max_num=MOST_ROWS)
PinRows = forms.formset_factory(PinForm, extra=BLANK_ROWS, can_delete=True, max_num=MOST_ROWS)


def _whole(label: Any, low: int, high: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=low,
        max_value=high,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _number(label: Any, low: float, high: float, help_text: Any = "") -> forms.FloatField:
    widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    return forms.FloatField(label=label, min_value=low, max_value=high, help_text=help_text, widget=widget)


class SettingsForm(forms.Form):
    """The numbers of all rules, and a switch for each stage. Fields are named by their path in the rules."""

    met__back_after_days = _whole(_("back after days"), 1, 3650, _("Empty: they stay out."))
    bought__back_after_days = _whole(_("back after days"), 1, 3650, _("Empty: they stay out."))
    offer__cheapest = _whole(_("lowest price"), 0, 10**12, _("In minor units, such as fen."))
    offer__dearest = _whole(_("highest price"), 0, 10**12, _("In minor units, such as fen."))
    offer__unpriced = forms.BooleanField(label=_("also courses without a price"), required=False)
    offer__published_within_days = _whole(_("published in the last … days"), 1, 3650)
    freshness__factor = _number(_("factor for what is new today"), 1, 100, _("1 changes nothing."))
    freshness__half_life_days = _whole(_("half of it is left after days"), 1, 3650)
    popularity__strength = _number(_("strength"), 0, 1, _("From 0 (none) to 1."))
    diversity__category = _number(_("of one category"), 0, 1, _("The share of its score lost to each above it."))
    diversity__teacher = _number(_("of one teacher"), 0, 1, _("The share of its score lost to each above it."))
    limits__per_category = _whole(_("of one category"), 1, 50)
    limits__per_teacher = _whole(_("of one teacher"), 1, 50)
    limits__per_kind = _whole(_("of one kind"), 1, 50)
    limits__per_platform = _whole(_("of one platform"), 1, 50)
    exploration__share = _number(_("share of places"), 0, 1, _("From 0 (none) to 1."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for stage, (name, _meaning) in STAGES.items():
            self.fields[SWITCH + stage] = forms.BooleanField(label=name, required=False)

    def document(self) -> dict[str, Any]:
        """The rules that these fields say, as a document. What is left empty is as by default."""
        found: dict[str, Any] = {"off": [str(stage) for stage in STAGES if not self.cleaned_data[SWITCH + stage]]}
        for name, value in self.cleaned_data.items():
            rule, _separator, setting = name.partition("__")
            if setting and value is not None:
                found.setdefault(rule, {})[setting] = value
        return found


def initial_settings(rules: PlacementRules) -> dict[str, Any]:
    """What the form of settings begins with."""
    start: dict[str, Any] = {SWITCH + stage: rules.has(stage) for stage in Stage}
    for name in SettingsForm.base_fields:
        rule, _separator, setting = name.partition("__")
        start[name] = getattr(getattr(rules, rule), setting)
    return start


def which_of(which: Which) -> dict[str, Any]:
    """What a form of a selection begins with."""
    return {name: getattr(which, name) for name in which.__struct_fields__}
