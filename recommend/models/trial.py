"""Models that are tried beside the one that answers: on some people, or in the shadow of what was answered."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from profiles.models import Arm
from recommend.models.model_version import ModelVersion
from recommend.models.recommendation import Recommendation


class ArmModel(models.Model):
    """The model that answers the people of an experiment's arm."""

    arm = models.OneToOneField(Arm, on_delete=models.CASCADE, primary_key=True, related_name="+")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="arms", verbose_name=_("model"))

    class Meta:
        verbose_name = _("model of an arm")
        verbose_name_plural = _("models of arms")

    def __str__(self) -> str:
        return f"{self.arm_id}: {self.model_id}"


class Shadow(models.Model):
    """A model that makes lists of its own for a share of what was answered, which nobody is shown."""

    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="shadows", verbose_name=_("model"))
    share = models.FloatField(
        _("share of answers"), default=0.1, validators=[MinValueValidator(0.001), MaxValueValidator(1.0)]
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    stopped_at = models.DateTimeField(_("finished"), null=True, blank=True)
    looked_until = models.DateTimeField()

    class Meta:
        verbose_name = _("shadow")
        verbose_name_plural = _("shadows")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=Q(stopped_at=None), name="one_shadow_of_a_model"),
            models.CheckConstraint(name="shadow_share_is_a_share", condition=Q(share__gt=0, share__lte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} {self.started_at:%Y-%m-%d}"


class ShadowAnswer(models.Model):
    """The list that a shadow would have given for an answer, and how alike the two are.

    overlap: the share of the courses shown that are in it. correlation: of the places of the courses that both have
    (Kendall's tau), None for fewer than two.
    """

    shadow = models.ForeignKey(Shadow, on_delete=models.CASCADE, related_name="answers", db_index=False)
    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="shadows")
    course_ids = models.JSONField(_("courses, best first"))
    overlap = models.FloatField()
    correlation = models.FloatField(null=True)

    class Meta:
        verbose_name = _("list of a shadow")
        verbose_name_plural = _("lists of shadows")
        constraints = [models.UniqueConstraint(fields=["shadow", "recommendation"], name="shadow_answers_once")]

    def __str__(self) -> str:
        return f"{self.shadow_id}: {self.recommendation_id}"
