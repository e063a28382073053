"""What exploring has taught. Sums over many answers; nothing of this is about persons."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from profiles.models import Course

ONLY = 1


class ExploredPlacement(models.Model):
    """What is known of the sources of a platform's slot.

    arms: what the bandit keeps of each source (`Bandit.document`). shown, clicked: of each source, how often it was
    shown at each explored place, and clicked there (floats, since they fade). answers, clicks: how many have been
    counted in all.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+", verbose_name=_("platform"))
    placement = models.CharField(_("placement"), max_length=100)
    arms = models.JSONField(_("sources"), default=dict)
    shown = models.JSONField(default=dict)
    clicked = models.JSONField(default=dict)
    answers = models.PositiveBigIntegerField(_("answers with something tried"), default=0)
    clicks = models.PositiveBigIntegerField(_("clicks on it"), default=0)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("explored placement")
        verbose_name_plural = _("explored placements")
        ordering = ["platform", "placement"]
        constraints = [
            models.UniqueConstraint(fields=["platform", "placement"], name="explored_placement_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.placement} ({self.platform})"


class CourseShowing(models.Model):
    """How often a course has been in an answer."""

    course = models.OneToOneField(Course, on_delete=models.CASCADE, primary_key=True, related_name="showing")
    shown = models.BigIntegerField(_("shown"), default=0, validators=[MinValueValidator(0)])

    def __str__(self) -> str:
        return f"{self.course_id}: {self.shown}"


class ExploringProgress(models.Model):
    """Up to which time answers have been counted, in the one row that there is."""

    learned_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.learned_until}"

    @classmethod
    def current(cls) -> "ExploringProgress":
        """The row, made on first need."""
        return cls.objects.get_or_create(pk=ONLY)[0]
