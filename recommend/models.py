"""The tables of what next: trained models and the answers they gave."""

import uuid
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from crossmarket.foundation.models import Job


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    """Questions about trained models."""

    def active(self) -> "ModelVersion | None":
        """The model that answers now, or None."""
        return self.filter(is_active=True).first()

    def before(self, version: "ModelVersion") -> Self:
        """Those that were active at some time before this one was, the latest first."""
        earlier = self.filter(activated_at__isnull=False).exclude(pk=version.pk)
        if version.activated_at:
            earlier = earlier.filter(activated_at__lt=version.activated_at)
        return earlier.order_by("-activated_at")


class ModelVersion(models.Model):
    """A trained model: what it is, what it learned from, how good it is, and whether it answers now."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    algorithm = models.CharField(_("algorithm"), max_length=50)
    number = models.PositiveIntegerField(_("version"))
    config = models.JSONField(_("settings"), default=dict)
    metrics = models.JSONField(_("metrics"), default=dict)
    loss_curve = models.JSONField(_("loss curve"), default=list)
    learners = models.PositiveIntegerField(_("learners"))
    courses = models.PositiveIntegerField(_("courses"))
    interactions = models.PositiveBigIntegerField(_("interactions"))
    fit_seconds = models.FloatField(_("training time (s)"))
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    is_active = models.BooleanField(_("active"), default=False)
    created_at = models.DateTimeField(_("trained"), auto_now_add=True)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["algorithm", "number"], name="model_version_number_unique"),
            models.UniqueConstraint(fields=["is_active"], condition=models.Q(is_active=True), name="one_model_active"),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} v{self.number}"


class Recommendation(models.Model):
    """One answer to a placement; clicks and purchases are attributed to its id."""

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
    created_at = models.DateTimeField(_("answered"))

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="recommendation_by_time")]

    def __str__(self) -> str:
        return f"{self.placement} {self.created_at:%Y-%m-%d %H:%M}"
