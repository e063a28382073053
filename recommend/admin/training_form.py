"""Forms for the settings of the algorithms, made from their typed configurations."""

import re
from typing import Any

import msgspec
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from recommend.algorithms.base import Algorithm, AlgorithmConfig
from recommend.training import Activation

LABELS: dict[str, Promise] = {
    "half_life_days": _("half-life (days)"),
    "regularization": _("regularization"),
    "recency_half_life": _("half-life of recency (courses)"),
    "max_items": _("courses modelled at most"),
    "profile_dimensions": _("dimensions of a profile"),
    "item_dimensions": _("dimensions of a course"),
    "shrinkage": _("pull towards the average profile"),
    "history_length": _("length of history (courses)"),
    "negatives": _("courses not chosen, per batch"),
    "negatives_per_positive": _("weight of what was not chosen"),
    "negative_popularity": _("popularity of what was not chosen"),
    "batch_size": _("batch size"),
    "learning_rate": _("learning rate"),
    "max_epochs": _("epochs at most"),
    "patience": _("patience (epochs)"),
    "validation_share": _("share held out"),
    "seed": _("seed"),
    "device": _("device"),
}


class ActivationForm(forms.Form):
    """When the trained model takes over."""

    activation = forms.TypedChoiceField(
        label=_("let it answer"),
        choices=[
            (Activation.IF_BETTER, _("when it is no worse than the model that answers now")),
            (Activation.ALWAYS, _("as soon as it is trained")),
            (Activation.NEVER, _("not until someone says so")),
        ],
        coerce=Activation,
        initial=Activation.IF_BETTER,
        widget=UnfoldAdminSelectWidget,
    )


def settings_form(algorithm: type[Algorithm[Any]]) -> type[forms.Form]:
    """A form with one typed, bounded and explained field per setting of the algorithm, with its default."""
    docs = explanations(algorithm.Config)
    fields = {field.encode_name: _form_field(field, docs.get(field.name, "")) for field in _fields(algorithm.Config)}
    return type(f"{algorithm.Config.__name__}Form", (forms.Form,), fields)


def explanations(config: type[AlgorithmConfig]) -> dict[str, str]:
    """What each setting means, from the lines `name: words` of the configuration's docstring."""
    found: dict[str, str] = {}
    name = ""
    for line in (config.__doc__ or "").splitlines()[1:]:
        entry = re.match(r" {4}(\w+): (.*)", line)
        if entry:
            name = entry[1]
            found[name] = entry[2].strip()
        elif name and line.startswith(" " * 8):
            found[name] += " " + line.strip()
        else:
            name = ""
    return found


def _fields(config: type[AlgorithmConfig]) -> tuple[msgspec.inspect.Field, ...]:
    info = msgspec.inspect.type_info(config)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError(f"{config} is no structure of settings.")
    return info.fields


def _form_field(field: msgspec.inspect.Field, explanation: str) -> forms.Field:
    common: dict[str, Any] = {
        "label": LABELS.get(field.name, field.name),
        "initial": field.default,
        "help_text": explanation,
    }
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
