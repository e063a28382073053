"""Which events are left out of all learning, and why."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from profiles.models.event import Event


class EventFlag(models.Model):
    """An event that a step of cleaning leaves out. The event itself stays as it came.

    The database itself removes the flag together with its event, so that erasing many events has not to look at each.
    """

    event = models.OneToOneField(
        Event,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="flag",
        verbose_name=_("event"),
    )
    step = models.CharField(_("left out as"), max_length=30)

    class Meta:
        verbose_name = _("event left out")
        verbose_name_plural = _("events left out")

    def __str__(self) -> str:
        return f"{self.event_id} {self.step}"
