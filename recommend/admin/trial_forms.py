"""The small forms of the models' desk: trying a model, searching for settings, and the schedule."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from recommend.algorithms.registry import ALGORITHMS
from recommend.models import TrainingSchedule
from recommend.search_space import space_of
from recommend.searching import MOST_TRIALS


class TryForm(BaseDialogForm):
    """On how many people, and for how long each of them counts."""

    percent = forms.IntegerField(
        label=_("share of people (%)"), initial=50, min_value=1, max_value=99, widget=UnfoldAdminIntegerFieldWidget
    )
    days = forms.IntegerField(
        label=_("days after exposure that count"),
        initial=7,
        min_value=1,
        max_value=90,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class ShadowForm(BaseDialogForm):
    """For how many answers."""

    percent = forms.IntegerField(
        label=_("share of answers (%)"), initial=10, min_value=1, max_value=100, widget=UnfoldAdminIntegerFieldWidget
    )


class SearchForm(forms.Form):
    """What to search for, and how long."""

    algorithm = forms.ChoiceField(
        label=_("algorithm"),
        choices=[(name, name) for name, kind in ALGORITHMS.items() if space_of(kind.Config)],
        widget=UnfoldAdminSelectWidget,
        help_text=_("It begins from the settings of its latest model, or from the defaults."),
    )
    trials = forms.IntegerField(
        label=_("trials"),
        initial=20,
        min_value=1,
        max_value=MOST_TRIALS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Each trains a model; the hopeless ones are stopped after a quarter of the people."),
    )


class ScheduleForm(forms.ModelForm):
    """When, and what."""

    algorithm = forms.ChoiceField(
        label=_("algorithm"),
        required=False,
        choices=[("", _("that of the model that answers, with its settings")), *((name, name) for name in ALGORITHMS)],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = TrainingSchedule
        fields = ("is_on", "hour", "minute", "algorithm", "warm_start")
        widgets = {
            "is_on": UnfoldBooleanSwitchWidget,
            "hour": UnfoldAdminIntegerFieldWidget,
            "minute": UnfoldAdminIntegerFieldWidget,
            "warm_start": UnfoldBooleanSwitchWidget,
        }
