"""Profiles of persons, and the models that they are told with."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Purpose
from accounts.models.linked_account import consenting_to
from crossmarket.foundation.models import Job


class ProfileModelQuerySet(models.QuerySet["ProfileModel"]):
    """Questions about profile models."""

    def current(self) -> "ProfileModel | None":
        """The latest with which all profiles were built; None before the first."""
        return self.filter(completed_at__isnull=False).order_by("-number").first()


class ProfileModel(models.Model):
    """What was learned from everybody to tell profiles with: topics, habits, tiers, and the axes of vectors.

    drift: the population stability index of each feature against the model before. spread: how members are spread over
    each feature, for the drift of the next model.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("version"), unique=True)
    persons = models.PositiveIntegerField(_("persons learned from"))
    courses = models.PositiveIntegerField(_("courses"))
    topics = ArrayField(models.CharField(max_length=200), verbose_name=_("topics"), default=list)
    explained = ArrayField(models.FloatField(), verbose_name=_("explained variance"), default=list)
    drift = models.JSONField(_("drift"), default=dict)
    spread = models.JSONField(default=dict, editable=False)
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    completed_at = models.DateTimeField(_("all profiles built"), null=True, blank=True)

    objects = ProfileModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("profile model")
        verbose_name_plural = _("profile models")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def largest_drift(self) -> float:
        """The index of the feature that changed most; 0 for a first model."""
        return max(self.drift.values(), default=0.0)


class ProfileQuerySet(models.QuerySet["Profile"]):
    """Questions about profiles."""

    def standing(self) -> Self:
        """Those that may still be used: every account behind them agrees to it now, and they are still one person."""
        behind = LinkedAccount.objects.filter(_is_any_of("pk", "account_ids"))
        alone = Q(account_ids__len=1)
        kept = self.exclude(Exists(behind.exclude(consenting_to(Purpose.PROFILING))))
        joined = ~Exists(behind.exclude(consenting_to(Purpose.CROSS_PLATFORM))) & ~Exists(
            behind.exclude(person_id=OuterRef("account__person_id"))
        )
        return kept.filter(alone | joined)


def _is_any_of(field: str, outer_array: str) -> Func:
    """The condition that a field of a subquery is in an array of the outer query's row."""
    return Func(
        F(field),
        OuterRef(outer_array),
        arg_joiner=" = ANY(",
        template="%(expressions)s)",
        output_field=models.BooleanField(),
    )


class Profile(models.Model):
    """What is known of a person: one row for the accounts that agreed to be joined, one for each other account.

    It is kept at the first of its accounts (`account`); `account_ids` are all whose events it was made of. `traits` is
    the JSON of `profiles.modeling.traits.Traits`; `vector` and `tastes` (empty where none are known) belong to the
    axes of `model`.
    """

    account = models.OneToOneField(
        LinkedAccount, on_delete=models.CASCADE, related_name="profile", verbose_name=_("first account")
    )
    account_ids = ArrayField(models.BigIntegerField(), verbose_name=_("accounts"))
    traits = models.JSONField(_("traits"))
    vector = ArrayField(models.FloatField(), verbose_name=_("vector"))
    tastes = ArrayField(models.FloatField(), verbose_name=_("tastes"), default=list)
    model = models.ForeignKey(
        ProfileModel, on_delete=models.CASCADE, related_name="profiles", verbose_name=_("profile model")
    )
    fresh_at = models.DateTimeField(_("fresh"))

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        indexes = [models.Index(F("fresh_at"), name="profile_by_freshness")]

    def __str__(self) -> str:
        return str(self.account)
