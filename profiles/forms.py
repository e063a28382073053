"""What people fill in about courses."""

from django import forms
from django.utils.translation import gettext_lazy as _


class OpinionForm(forms.Form):
    """A rating, a comment, or both."""

    rating = forms.TypedChoiceField(
        label=_("Your rating"),
        choices=[(stars, str(stars)) for stars in range(1, 6)],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("Choose one to five stars.")},
    )
    comment = forms.CharField(
        label=_("Your comment"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("What helped you? For whom is it good?")}),
    )

    def clean(self) -> dict[str, object]:
        """Refuse a form with nothing in it."""
        given = super().clean() or {}
        if not self.errors and given.get("rating") is None and not given.get("comment"):
            raise forms.ValidationError(_("Choose a rating or write a comment."), code="empty")
        return given
