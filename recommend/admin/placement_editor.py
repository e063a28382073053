"""All forms of a placement's page as one: what they begin with, what they say, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from recommend.admin.placement_form import (
    SWITCH,
    BoostRows,
    MembersRows,
    PinRows,
    SettingsForm,
    WhichForm,
    initial_settings,
    which_of,
)
from recommend.admin.placement_words import STAGES
from recommend.models import Placement
from recommend.placements.reading import Fault, RulesError, checked, read_rules, written
from recommend.placements.rules import PlacementRules, Stage

GROUPS: list[tuple[Any, tuple[Stage, ...]]] = [
    (
        _("Where candidates come from"),
        (Stage.MODEL, Stage.SIMILAR, Stage.SAME_CATEGORY, Stage.SEGMENT, Stage.POPULAR, Stage.NEW),
    ),
    (_("Who may be in the list"), (Stage.MET, Stage.BOUGHT, Stage.OFFER, Stage.MEMBERS)),
    (_("How well each suits"), (Stage.RANKING, Stage.FRESHNESS, Stage.BOOSTS, Stage.POPULARITY)),
    (_("Who stands where"), (Stage.DIVERSITY, Stage.LIMITS, Stage.PINS, Stage.EXPLORATION)),
]


class AboutForm(forms.ModelForm):
    """Which slot it is."""

    class Meta:
        model = Placement
        fields = ("name", "key", "platform")
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "key": UnfoldAdminTextInputWidget,
            "platform": UnfoldAdminSelectWidget,
        }
        help_texts = {
            "key": _("What callers name in `placement`, such as home; * stands for all that nobody has described."),
            "platform": _("Empty: all platforms that have none of their own under this key."),
        }

    def clean(self) -> dict[str, Any]:
        """No slot is described twice."""
        found = super().clean() or {}
        same = Placement.objects.filter(platform=found.get("platform"), key=found.get("key", ""))
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("key", _("This placement is described already."))
        return found


@dataclass
class Editor:
    """The forms, and the faults of the rules that they make together."""

    about: AboutForm
    settings: SettingsForm
    only: WhichForm
    never: WhichForm
    boosts: forms.BaseFormSet[Any]
    members: forms.BaseFormSet[Any]
    pins: forms.BaseFormSet[Any]
    faults: list[Fault]

    @property
    def stages(self) -> list[tuple[Any, list[dict[str, Any]]]]:
        """Groups of stages with their words, switches and fields."""
        return [(title, [self._stage(stage) for stage in stages]) for title, stages in GROUPS]

    def _stage(self, stage: Stage) -> dict[str, Any]:
        name, meaning = STAGES[stage]
        fields = [self.settings[field] for field in SettingsForm.base_fields if field.startswith(f"{stage}__")]
        rows = {Stage.BOOSTS: self.boosts, Stage.MEMBERS: self.members, Stage.PINS: self.pins}.get(stage)
        return {
            "stage": stage,
            "name": name,
            "meaning": meaning,
            "switch": self.settings[SWITCH + stage],
            "fields": fields,
            "rows": rows,
            "which": [(_("Only these"), self.only), (_("Never these"), self.never)] if stage is Stage.OFFER else [],
        }

    def rules(self) -> PlacementRules | None:
        """The rules that the forms say; None when something is wrong, which the forms and `faults` tell then."""
        parts = (self.settings, self.only, self.never, self.boosts, self.members, self.pins)
        found_right = [part.is_valid() for part in parts]  # all of them, so that each tells what is wrong with it
        if not all(found_right):
            return None
        document = self.settings.document()
        offer = document.setdefault("offer", {})
        offer["only"], offer["never"] = self.only.which(), self.never.which()
        document |= {name: _rules_in(getattr(self, name)) for name in ("boosts", "members", "pins")}
        try:
            return checked(document)
        except RulesError as error:
            self.faults = error.faults
            return None

    def save(self) -> PlacementRules | None:
        """The same, once the slot is right as well; its instance then has the rules as they are kept."""
        rules = self.rules()
        if not self.about.is_valid() or rules is None:
            return None
        self.about.instance.rules = written(rules)
        return rules


def editor_of(placement: Placement, sent: QueryDict | None = None) -> Editor:
    """The forms of a placement, as it is kept or as they were sent."""
    faults: list[Fault] = []
    try:
        rules = read_rules(placement.rules)
    except RulesError as error:
        rules, faults = PlacementRules(), error.faults
    offer = rules.offer
    boosts = [{**which_of(boost.which), "factor": boost.factor} for boost in rules.boosts]
    members = [{**which_of(rule.which), "segment": rule.segment} for rule in rules.members]
    pins = [{"place": pin.place, "course": [pin.course]} for pin in rules.pins]
    return Editor(
        AboutForm(sent, instance=placement, prefix="about"),
        SettingsForm(sent, initial=initial_settings(rules), prefix="rules"),
        WhichForm(sent, initial=which_of(offer.only), prefix="only"),
        WhichForm(sent, initial=which_of(offer.never), prefix="never"),
        BoostRows(sent, initial=boosts, prefix="boosts"),
        MembersRows(sent, initial=members, prefix="members"),
        PinRows(sent, initial=pins, prefix="pins"),
        faults,
    )


def _rules_in(rows: forms.BaseFormSet[Any]) -> list[dict[str, Any]]:
    """The rules of all rows that are written and not taken away."""
    return [row.rule() for row in rows.forms if row.cleaned_data and row not in rows.deleted_forms]
