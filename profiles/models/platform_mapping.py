"""The mapping that a platform declared."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform


class PlatformMapping(models.Model):
    """How a platform's own events and items become ours, with samples to try it on.

    The document is kept as the text that was written, so that its order and lines stay as people left them.
    """

    platform = models.OneToOneField(
        Platform, on_delete=models.CASCADE, related_name="mapping", verbose_name=_("platform")
    )
    document = models.TextField(_("mapping"))
    sample_event = models.TextField(_("an event as the platform sends it"), blank=True)
    sample_item = models.TextField(_("an item as the platform sends it"), blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")
        ordering = ["platform"]

    def __str__(self) -> str:
        return str(self.platform)
