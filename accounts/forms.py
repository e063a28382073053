"""What people fill in about themselves."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services.accounts import house_account
from accounts.services.names import rename


class NameField(forms.CharField):
    """What to be called."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Name"),
            max_length=100,
            required=False,
            help_text=_("Others see it beside your comments. A nickname is fine."),
            widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
        )


class SignupForm(forms.Form):
    """What signing up asks beside address and password."""

    name = NameField()
    field_order = ["email", "name", "password1", "password2"]

    def signup(self, _request: HttpRequest, user: User) -> None:
        """Give the new user an account on our own pages, and the name that was asked for."""
        if self.cleaned_data.get("name"):
            rename(user, self.cleaned_data["name"])
        else:
            house_account(user)


class NameForm(forms.Form):
    """A new name."""

    name = NameField()


class EnterCodeForm(forms.Form):
    """A code carried here from another platform, and the agreement to join with it."""

    code = forms.CharField(
        label=_("Link code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "placeholder": "ABCDE-FGHJK",
            }
        ),
    )
    agreed = forms.BooleanField(
        label=_(
            "I agree that both accounts count as one person, and that what I do on either one shapes what I am shown "
            "on both. I can undo this here at any time."
        ),
        error_messages={"required": _("Accounts are connected only if you agree.")},
    )
