"""The answers that were given."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from recommend.models.model_version import ModelVersion


class Recommendation(models.Model):
    """One answer to a placement; clicks and purchases are attributed to its id.

    sources: where each course came from, in the order of `course_ids`; propensities: the chance, above 0 and at most 1,
    with which the policy would put just this course at this place, so that other policies can be judged by what came
    of it. context: device, hour and what else the ranking looked at. All three are empty in answers that were given
    before they were noted.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+", verbose_name=_("platform"))
    account = models.ForeignKey(
        LinkedAccount, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("account")
    )
    placement = models.CharField(_("placement"), max_length=100)
    model = models.ForeignKey(
        ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("model")
    )
    course_ids = models.JSONField(_("courses, best first"))
    source = models.CharField(_("source"), max_length=50)
    sources = models.JSONField(_("source of each course"), default=list)
    propensities = models.JSONField(_("chance of each course at its place"), default=list)
    context = models.JSONField(_("circumstances"), default=dict)
    created_at = models.DateTimeField(_("answered"))

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="recommendation_by_time")]

    def __str__(self) -> str:
        return f"{self.placement} {self.created_at:%Y-%m-%d %H:%M}"
