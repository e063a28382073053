"""Forms for the settings of the algorithms, made from their typed configurations."""

from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from recommend.admin.setting_words import SETTINGS, SettingWords
from recommend.algorithms.base import Algorithm
from recommend.ranking.ranker import Ranker
from recommend.training import Activation


class ActivationForm(forms.Form):
    """When the trained model takes over."""

    activation = forms.TypedChoiceField(
        label=_("let it answer"),
        choices=[
            (Activation.IF_BETTER, _("when it is better than the model that answers now, beyond chance")),
            (Activation.IF_NO_WORSE, _("when it is no worse than the model that answers now")),
            (Activation.ALWAYS, _("as soon as it is trained")),
            (Activation.NEVER, _("not until someone says so")),
        ],
        coerce=Activation,
        initial=Activation.IF_BETTER,
        widget=UnfoldAdminSelectWidget,
    )


def settings_form(algorithm: type[Algorithm[Any]] | type[Ranker]) -> type[forms.Form]:
    """A form with one typed, bounded and explained field per setting of the algorithm, with its default."""
    fields = {field.encode_name: _form_field(field) for field in _fields(algorithm.Config)}
    return type(f"{algorithm.Config.__name__}Form", (forms.Form,), fields)


def _fields(config: type[msgspec.Struct]) -> tuple[msgspec.inspect.Field, ...]:
    info = msgspec.inspect.type_info(config)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError(f"{config} is no structure of settings.")
    return info.fields


def _form_field(field: msgspec.inspect.Field) -> forms.Field:
    words = SETTINGS.get(field.name, SettingWords(field.name))
    common: dict[str, Any] = {"label": words.name, "initial": field.default, "help_text": words.meaning}
    kind = field.type
    if isinstance(kind, msgspec.inspect.LiteralType):
        choices = [(value, value) for value in kind.values]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **common)
    if isinstance(kind, msgspec.inspect.BoolType):
        return forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget, **common)
    if isinstance(kind, msgspec.inspect.IntType):
        low = kind.ge if kind.gt is None else kind.gt + 1
        high = kind.le if kind.lt is None else kind.lt - 1
        return forms.IntegerField(min_value=low, max_value=high, widget=UnfoldAdminIntegerFieldWidget, **common)
    if isinstance(kind, msgspec.inspect.FloatType):
        widget = UnfoldAdminIntegerFieldWidget(attrs={"step": "any"})
        return forms.FloatField(min_value=kind.ge, max_value=kind.le, widget=widget, **common)
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **common)
