"""Experiments: their arms, and who was exposed to which."""

import secrets
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from profiles.models.event_type import EventType

LONGEST_DAYS = 365
KNOWN_BY = _("By which programs know it: letters, digits and hyphens")


class ExperimentState(models.TextChoices):
    """Where an experiment is in its life; it never goes back."""

    DRAFT = "draft", _("draft")
    RUNNING = "running", _("running")
    STOPPED = "stopped", _("stopped")


class Measure(models.TextChoices):
    """How the outcome of one person is made of their events."""

    ANY = "any", _("whether it happened at all")
    COUNT = "count", _("how often it happened")
    SUM = "sum", _("the sum of its values")


def new_salt() -> str:
    """What makes the split of one experiment independent of all others'."""
    return secrets.token_hex(8)


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    """Questions about experiments."""

    def running(self) -> Self:
        """Those that persons take part in now."""
        return self.filter(state=ExperimentState.RUNNING)


class Experiment(models.Model):
    """A question put to persons at random: which arm makes more of them do something.

    The outcome of a person is made of their events of `outcome_types` within `outcome_days` days from their exposure.
    The same measure over `history_days` days before it makes the answer more certain; 0 leaves history out.
    """

    slug = models.SlugField(_("short name"), max_length=60, unique=True, help_text=KNOWN_BY)
    name = models.CharField(_("name"), max_length=200)
    hypothesis = models.TextField(_("hypothesis"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ExperimentState.choices, default=ExperimentState.DRAFT, editable=False
    )
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    outcome_types = ArrayField(
        models.CharField(max_length=12, choices=EventType.choices), verbose_name=_("what counts")
    )
    outcome_measure = models.CharField(_("how it counts"), max_length=5, choices=Measure.choices, default=Measure.ANY)
    outcome_days = models.PositiveSmallIntegerField(
        _("days after exposure that count"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    history_days = models.PositiveSmallIntegerField(
        _("days before exposure to compare with"),
        default=28,
        validators=[MaxValueValidator(LONGEST_DAYS)],
        help_text=_("What people did before tells chance from effect sooner. 0 leaves it out."),
    )
    planned_persons = models.PositiveIntegerField(
        _("persons planned"),
        default=2_000,
        validators=[MinValueValidator(100)],
        help_text=_("Results can be read at any time; they are sharpest when about so many have been measured."),
    )
    excludes_holdout = models.BooleanField(
        _("leave the holdout alone"),
        default=True,
        help_text=_("A small share of people whom no such experiment touches, to measure all of them together."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    stopped_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        constraints = [
            models.CheckConstraint(
                name="experiment_state_fits_times",
                condition=Q(state=ExperimentState.DRAFT, started_at__isnull=True, stopped_at__isnull=True)
                | Q(state=ExperimentState.RUNNING, started_at__isnull=False, stopped_at__isnull=True)
                | Q(state=ExperimentState.STOPPED, started_at__isnull=False, stopped_at__gte=F("started_at")),
            ),
            models.CheckConstraint(
                name="experiment_outcome_known",
                condition=Q(outcome_types__len__gt=0, outcome_types__contained_by=EventType.values)
                & Q(outcome_measure__in=Measure.values),
            ),
            models.CheckConstraint(
                name="experiment_days_in_bounds",
                condition=Q(outcome_days__gte=1, outcome_days__lte=LONGEST_DAYS, history_days__lte=LONGEST_DAYS),
            ),
            models.CheckConstraint(name="experiment_plans_persons", condition=Q(planned_persons__gte=100)),
        ]

    def __str__(self) -> str:
        return self.name


class Arm(models.Model):
    """One of the things that are tried; one arm is the control, which the others are compared with."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="arms", verbose_name=_("experiment")
    )
    slug = models.SlugField(_("short name"), max_length=60, help_text=KNOWN_BY)
    name = models.CharField(_("name"), max_length=100)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[MinValueValidator(1)])
    is_control = models.BooleanField(_("control"), default=False)

    class Meta:
        verbose_name = _("arm")
        verbose_name_plural = _("arms")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "slug"], name="arm_unique_in_experiment"),
            models.UniqueConstraint(
                fields=["experiment"], condition=Q(is_control=True), name="one_control_in_experiment"
            ),
            models.CheckConstraint(name="arm_weight_above_zero", condition=Q(weight__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """That somebody met their arm of an experiment for the first time, seen through this account.

    It stands on the account, as events do, so that joining and separating persons never touches it. Of a person whose
    accounts have several, because they were joined later, the first counts; see `profiles.experiments`.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="exposures", db_index=False)
    arm = models.ForeignKey(Arm, on_delete=models.RESTRICT, related_name="+", db_index=False)
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="exposures")
    exposed_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("exposure")
        verbose_name_plural = _("exposures")
        constraints = [models.UniqueConstraint(fields=["experiment", "account"], name="exposed_once_in_experiment")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.arm_id}"
