"""The form of a segment: its name and, for live rules, who belongs to it."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from profiles.admin.rule_check import read_rule
from profiles.models import Segment, SegmentKind
from profiles.segmentation.reading_rules import Fault, RuleError
from profiles.segmentation.rule import document

RULE_TEXT = forms.Textarea(attrs={"rows": 14, "class": "desk-input desk-mono", "spellcheck": "false"})


class SegmentForm(forms.ModelForm):
    """A segment. Its rule is written as text, which the builder of the page fills in; `faults` says what is wrong."""

    key = forms.SlugField(
        label=_("Name for programs"),
        max_length=80,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("In small Latin letters; it stays. Left empty, one is made."),
    )
    rule = forms.CharField(label=_("rule"), required=False, strip=False, widget=RULE_TEXT)

    class Meta:
        model = Segment
        fields = ("name", "key", "note", "rule")
        widgets = {"note": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults: list[Fault] = []
        if self.instance.pk:
            self.fields.pop("key", None)
        if self.instance.kind != SegmentKind.RULE:
            self.fields.pop("rule", None)
        given = self.initial.get("rule")
        self.initial["rule"] = given if isinstance(given, str) else rule_text(given)

    def clean_name(self) -> str:
        """A rule is named by whoever writes it; other segments are named by what they are, unless somebody does."""
        if "rule" in self.fields and not self.cleaned_data["name"].strip():
            raise ValidationError(_("Give it a name."))
        return self.cleaned_data["name"].strip()

    def clean_key(self) -> str:
        """What is given, or the name in Latin letters, or the next free number."""
        given = self.cleaned_data["key"] or slugify(self.cleaned_data.get("name", ""))[:70] or "segment"
        key, number = given, 1
        while not self.cleaned_data["key"] and Segment.objects.filter(key=key).exists():
            number += 1
            key = f"{given}-{number}"
        return key

    def clean_rule(self) -> dict[str, Any]:
        """A rule in its shortest form; whatever is wrong is named by its path."""
        try:
            own = self.instance if self.instance.pk else None
            rule = read_rule(self.cleaned_data["rule"], own, self.cleaned_data.get("key", ""))
        except RuleError as error:
            self.faults = error.faults
            raise ValidationError([str(fault) for fault in error.faults]) from error
        return document(rule)


def rule_text(rule: Any) -> str:
    """A rule as it is written."""
    return json.dumps(rule, ensure_ascii=False, indent=2) if rule else ""
