"""Trained models."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crossmarket.foundation.models import Job


class Role(models.TextChoices):
    """What a model is for."""

    RECOMMENDER = "recommender", _("Finds courses")
    RANKER = "ranker", _("Orders what was found")


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    """Questions about trained models."""

    def active(self, role: Role = Role.RECOMMENDER) -> "ModelVersion | None":
        """The model of this role that answers now, or None."""
        return self.filter(is_active=True, role=role).first()

    def tried(self) -> Self:
        """Those of experiments, whether they run or not, and those that run in the shadow."""
        return self.filter(Q(arms__isnull=False) | Q(shadows__isnull=False, shadows__stopped_at=None)).distinct()

    def before(self, version: "ModelVersion") -> Self:
        """Those of its role that were active at some time before this one was, the latest first."""
        earlier = self.filter(role=version.role, activated_at__isnull=False).exclude(pk=version.pk)
        if version.activated_at:
            earlier = earlier.filter(activated_at__lt=version.activated_at)
        return earlier.order_by("-activated_at")


class ModelVersion(models.Model):
    """A trained model: what it is, what it learned from, how good it is, and whether it answers now.

    metrics: figures by name; report: all that was measured (`recommend.evaluation.Report`). comparison: with the model
    that answered then (`recommend.measuring.Comparison`), empty where there was none to compare with; decision: why it
    was let to answer or not (`recommend.promotion.Decision`). snapshot: of the data (`recommend.data_snapshot`).
    environment: versions of the libraries that matter. parent: what it started from, where it did not start anew.
    first_stage: of a ranker, the model whose lists it learned to order.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.RECOMMENDER)
    algorithm = models.CharField(_("algorithm"), max_length=50)
    number = models.PositiveIntegerField(_("version"))
    config = models.JSONField(_("settings"), default=dict)
    metrics = models.JSONField(_("metrics"), default=dict)
    loss_curve = models.JSONField(_("loss curve"), default=list)
    report = models.JSONField(_("report"), default=dict)
    comparison = models.JSONField(_("beside the model before"), default=dict)
    decision = models.JSONField(_("decision"), default=dict)
    snapshot = models.JSONField(_("data"), default=dict)
    environment = models.JSONField(_("libraries"), default=dict)
    seed = models.PositiveBigIntegerField(_("seed"), null=True, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("started from")
    )
    first_stage = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("orders lists of")
    )
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
            models.UniqueConstraint(fields=["role"], condition=Q(is_active=True), name="one_model_active_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} v{self.number}"
