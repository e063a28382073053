"""The log of who was joined and separated, and what holds persons together now."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.linked_account import LinkedAccount


class RegroupingKind(models.TextChoices):
    """What happened."""

    JOINED = "joined", _("joined together")
    SEPARATED = "separated", _("separated")


class RegroupingCause(models.TextChoices):
    """Who or what caused it."""

    LINK_CODE = "link_code", _("link code")
    EMAIL = "email", _("same verified e-mail address")
    PHONE = "phone", _("same verified phone number")
    PERSON = "person", _("the person, here")
    OPERATOR = "operator", _("an operator")
    PLATFORM = "platform", _("the platform")
    UNDO = "undo", _("undoing")


class RegroupingQuerySet(models.QuerySet["Regrouping"]):
    """Questions about the log."""

    def undoable(self) -> Self:
        """Joinings that still hold accounts together."""
        return self.filter(bond__isnull=False)


class Regrouping(models.Model):
    """One joining or separation; rows are only ever added. The accounts are `RegroupedAccount`."""

    kind = models.CharField(_("what happened"), max_length=20, choices=RegroupingKind.choices)
    cause = models.CharField(_("caused by"), max_length=20, choices=RegroupingCause.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="regroupings",
        verbose_name=_("user"),
    )
    undoes = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, related_name="undone_by", verbose_name=_("undoes")
    )
    happened_at = models.DateTimeField(_("happened"), default=timezone.now)

    objects = RegroupingQuerySet.as_manager()

    class Meta:
        verbose_name = _("joining or separation")
        verbose_name_plural = _("joinings and separations")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_cause_display()}"


class RegroupedAccount(models.Model):
    """An account that a joining or separation was about: the person it was before, and the person it was after.

    All accounts of all persons concerned are written down, also those that stayed. `is_end` marks the two accounts
    through which persons were joined, or the one that was taken out.
    """

    regrouping = models.ForeignKey(
        Regrouping, on_delete=models.CASCADE, related_name="accounts", verbose_name=_("joining or separation")
    )
    account = models.ForeignKey(
        LinkedAccount, on_delete=models.CASCADE, related_name="regroupings", verbose_name=_("account")
    )
    person_before = models.UUIDField(_("person before"))
    person_after = models.UUIDField(_("person after"))
    is_end = models.BooleanField(_("directly"), default=False)

    class Meta:
        verbose_name = _("account joined or separated")
        verbose_name_plural = _("accounts joined or separated")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.account_id}: {str(self.person_before)[:8]} → {str(self.person_after)[:8]}"


class Bond(models.Model):
    """What a joining holds together as long as it stands: two accounts, each for its side.

    The bonds of a person form a tree, since only different persons are joined: without one of them, what hangs on
    either end is a person of its own. `first_side` is the person whom the side of `first` was before the joining.
    """

    joining = models.OneToOneField(Regrouping, on_delete=models.CASCADE, primary_key=True, related_name="bond")
    first = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+")
    first_side = models.UUIDField()

    class Meta:
        verbose_name = _("bond")
        verbose_name_plural = _("bonds")

    def __str__(self) -> str:
        return f"{self.first_id} - {self.second_id}"
