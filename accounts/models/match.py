"""Accounts that may belong to one person, what speaks for it, and what was decided."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.linked_account import LinkedAccount


class MatchState(models.TextChoices):
    """What was decided about a pair."""

    WAITING = "waiting", _("waiting")
    CONFIRMED = "confirmed", _("confirmed")
    APART = "apart", _("kept apart")


class MatchQuerySet(models.QuerySet["Match"]):
    """Questions about pairs."""

    def waiting(self) -> Self:
        """Those that somebody should decide about."""
        return self.filter(state=MatchState.WAITING)

    def apart(self) -> Self:
        """Those that nothing but a person's or an operator's word joins."""
        return self.filter(state=MatchState.APART)

    def about(self, account: LinkedAccount) -> Self:
        """Those with this account."""
        return self.filter(models.Q(first=account) | models.Q(second=account))


class Match(models.Model):
    """A pair of accounts, the older one first, that may be one person.

    `score` is a probability. `evidence` lists what speaks for it and against: `[field, level, weight]`, the weight in
    bits. `by_contact` says that they have a contact in common, which does not join them by itself. `is_conflict` says
    that joining would put two accounts of one platform into one person.
    """

    first = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    second = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    state = models.CharField(_("state"), max_length=20, choices=MatchState.choices, default=MatchState.WAITING)
    score = models.FloatField(_("probability"), default=0.0)
    evidence = models.JSONField(_("what speaks for it and against"), default=list)
    by_contact = models.BooleanField(_("same contact"), default=False)
    is_conflict = models.BooleanField(_("two accounts of one platform"), default=False)
    found_at = models.DateTimeField(_("found"), db_default=Now())
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible match")
        verbose_name_plural = _("possible matches")
        ordering = ["-score", "-id"]
        constraints = [
            models.UniqueConstraint("first", "second", name="match_unique_pair"),
            models.CheckConstraint(name="match_older_first", condition=models.Q(first__lt=models.F("second"))),
            models.CheckConstraint(name="match_score_is_probability", condition=models.Q(score__range=(0, 1))),
        ]
        indexes = [
            models.Index(fields=["-score", "-id"], name="match_waiting_best", condition=models.Q(state="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.first} = {self.second}?"


class MatchDue(models.Model):
    """An account whose contacts are to be looked at, since it or its consent changed.

    Rows are only added, several for an account if need be, so that nobody who adds one waits for those who look.
    """

    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("account to match")
        verbose_name_plural = _("accounts to match")

    def __str__(self) -> str:
        return str(self.account_id)
