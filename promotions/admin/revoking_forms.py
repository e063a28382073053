"""What is asked before coupons are revoked."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget

from promotions.services.revoking import RevokeReason

CHOICES = [("", _("Why?")), *RevokeReason.choices]


class RevokeForm(BaseDialogForm):
    """Why."""

    reason = forms.ChoiceField(label=_("why"), choices=CHOICES, widget=UnfoldAdminSelectWidget)


class RevokeSelectedForm(ActionForm):
    """Why, beside the choice of what to do with the selected rows."""

    reason = forms.ChoiceField(label="", choices=CHOICES, required=False)

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.fields["reason"].widget.attrs = {**self.fields["action"].widget.attrs, "aria-label": _("why")}
        self.fields["reason"].widget.attrs.pop("x-model", None)
