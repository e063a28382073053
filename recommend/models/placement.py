"""Slots of a platform where recommendations are shown."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform


class Placement(models.Model):
    """A named slot: which stages make its list, and by which rules.

    A placement that nobody has described, and everything that a placement leaves open, is as `rules` are by default.
    A description without a platform is for all platforms that have none of their own under this key.
    """

    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("platform")
    )
    key = models.CharField(_("key"), max_length=100)
    name = models.CharField(_("name"), max_length=200, blank=True)
    rules = models.JSONField(_("rules"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["key", "platform"]
        constraints = [
            models.UniqueConstraint(fields=["platform", "key"], name="placement_unique_on_platform"),
            models.UniqueConstraint(fields=["key"], condition=Q(platform=None), name="placement_unique_for_all"),
        ]

    def __str__(self) -> str:
        return self.name or self.key
