"""Events that could not be taken, kept with the reason."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform

FORGED = "not_this_user"
"""The code of events that a browser sent in another person's name: mending the cause never makes these true."""
ERASED = "erased"
"""The code of events that came late, from before their user was erased; nothing of them is kept but that they came."""


class RejectedEventQuerySet(models.QuerySet["RejectedEvent"]):
    """Questions about rejected events."""

    def waiting(self) -> Self:
        """Those not replayed successfully yet; what came of somebody erased waits for nothing."""
        return self.filter(replayed_at__isnull=True).exclude(code=ERASED)

    def replayable(self) -> Self:
        """Those that wait and may become true once their cause is mended."""
        return self.waiting().exclude(code=FORGED)


class RejectedEvent(models.Model):
    """An event as it came, and why it was not taken; it can be replayed once the cause is mended."""

    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, related_name="rejected_events", verbose_name=_("platform")
    )
    payload = models.TextField(_("as it came"))
    is_raw = models.BooleanField(
        _("in the platform's own shape"),
        default=False,
        help_text=_("It goes through the platform's mapping when it is replayed."),
    )
    code = models.CharField(_("code"), max_length=50)
    detail = models.TextField(_("reason"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    replayed_at = models.DateTimeField(_("replayed"), null=True, blank=True)

    objects = RejectedEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("rejected event")
        verbose_name_plural = _("rejected events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["platform", "-received_at"])]

    def __str__(self) -> str:
        return f"{self.code} {self.received_at:%Y-%m-%d %H:%M}"
