"""How good a platform's data was, day by day."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform

SEEN = "seen"
"""Events taken in, among them those that a step of cleaning leaves out."""
REFUSED = "refused"
"""Events turned away at the door, whatever became of them later."""


class QualityDay(models.Model):
    """Of the events that a platform sent on a day (by the desk's clock), how many a step has dealt with.

    step: `SEEN`, `REFUSED`, or the name of a step of cleaning. What nothing was counted for has no row.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+", verbose_name=_("platform"))
    day = models.DateField(_("day"))
    step = models.CharField(_("step"), max_length=30)
    events = models.BigIntegerField(_("events"))

    class Meta:
        verbose_name = _("day of data quality")
        verbose_name_plural = _("data quality")
        constraints = [models.UniqueConstraint(fields=["platform", "day", "step"], name="quality_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.step} {self.events}"
