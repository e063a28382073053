"""When models are trained anew by themselves."""

from typing import Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TrainingSchedule(models.Model):
    """The training of each day; there is one row.

    algorithm: empty for that of the model that answers, with its settings. last_due_at: the moment it was due last and
    seen to.
    """

    is_on = models.BooleanField(_("train every day"), default=True)
    hour = models.PositiveSmallIntegerField(_("hour"), default=3, validators=[MaxValueValidator(23)])
    minute = models.PositiveSmallIntegerField(_("minute"), default=10, validators=[MaxValueValidator(59)])
    algorithm = models.CharField(_("algorithm"), max_length=50, blank=True)
    warm_start = models.BooleanField(
        _("begin with what was learned before"),
        default=True,
        help_text=_("Fewer epochs are needed so; algorithms that find their answer without a start do not care."),
    )
    last_due_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("schedule of training")
        verbose_name_plural = _("schedules of training")
        constraints = [
            models.CheckConstraint(name="one_training_schedule", condition=models.Q(pk=1)),
            models.CheckConstraint(name="schedule_is_a_time", condition=models.Q(hour__lte=23, minute__lte=59)),
        ]

    def __str__(self) -> str:
        return f"{self.hour:02}:{self.minute:02}"

    @classmethod
    def the_one(cls) -> Self:
        """The row, made as it is by default when nobody has changed anything yet."""
        return cls.objects.get_or_create(pk=1)[0]
