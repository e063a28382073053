"""Forms of campaigns."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Parcel


class ParcelForm(forms.ModelForm):
    """Where a prize is to be sent."""

    class Meta:
        model = Parcel
        fields = ("recipient", "phone", "address")
        widgets = {
            "recipient": forms.TextInput({"autocomplete": "name"}),
            "phone": forms.TextInput({"autocomplete": "tel", "type": "tel"}),
            "address": forms.Textarea({"autocomplete": "street-address", "rows": 3}),
        }
        labels = {"address": _("address to send it to")}
