"""Searches for good settings."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crossmarket.foundation.models import Job


class Search(models.Model):
    """A search for settings of an algorithm: what was tried, and how good each was.

    baseline: NDCG@10 with the settings it began from. trials: one entry each, as `recommend.searching.Trial`.
    """

    algorithm = models.CharField(_("algorithm"), max_length=50)
    begun_from = models.JSONField(_("begun from"), default=dict)
    trials_asked = models.PositiveIntegerField(_("trials"))
    baseline = models.FloatField(_("NDCG@10 before"), null=True)
    best = models.FloatField(_("best NDCG@10"), null=True)
    best_settings = models.JSONField(_("best settings"), default=dict)
    trials = models.JSONField(_("what was tried"), default=list)
    questions = models.PositiveIntegerField(_("questions"), default=0)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("job"))
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)

    class Meta:
        verbose_name = _("search for settings")
        verbose_name_plural = _("searches for settings")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.algorithm} {self.created_at:%Y-%m-%d %H:%M}"
