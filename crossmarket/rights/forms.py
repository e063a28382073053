"""What is asked before somebody is erased."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, User

EVERYTHING = "everything"


class EraseForm(forms.Form):
    """What is to go, and the password, or for those who have none the address typed once more."""

    what = forms.ChoiceField(label=_("What is to be deleted"), widget=forms.RadioSelect)
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail address, once more"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, user: User, accounts: list[LinkedAccount], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._user = user
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (EVERYTHING, _("Everything, on all platforms, and my login here")),
            *((str(each.pk), _label(each)) for each in accounts),
        ]
        del self.fields["email" if user.has_usable_password() else "password"]

    def clean_password(self) -> str:
        """The right one."""
        if not self._user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("This is not your password."))
        return ""

    def clean_email(self) -> str:
        """The right one."""
        if self.cleaned_data["email"].lower() != self._user.email.lower():
            raise forms.ValidationError(_("This is not your e-mail address."))
        return ""


def _label(account: LinkedAccount) -> str:
    if account.platform.is_house:
        return str(_("Only what I did here, and my login"))
    return str(_("Only %(platform)s, account %(id)s")) % {"platform": account.platform.name, "id": account.external_id}
