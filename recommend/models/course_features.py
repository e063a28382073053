"""What was measured of courses: covers, audio previews and texts in numbers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from profiles.models import Course


class FeatureKind(models.TextChoices):
    """What was looked at."""

    COVER = "cover", _("Cover")
    AUDIO = "audio", _("Audio preview")
    TEXT = "text", _("Text")


class CourseFeatures(models.Model):
    """Numbers that describe one side of a course, or why there are none; kept until what was looked at changes.

    source: a digest of what was looked at, an address or a text, and of the way in which it was.
    vector: float32, little-endian; empty where nothing could be measured, and then `fault` says why.
    """

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+", verbose_name=_("course"))
    kind = models.CharField(_("kind"), max_length=10, choices=FeatureKind.choices)
    source = models.CharField(max_length=64)
    vector = models.BinaryField(default=b"")
    fault = models.CharField(_("fault"), max_length=500, blank=True)
    looked_at = models.DateTimeField(_("looked at"))

    class Meta:
        verbose_name = _("features of a course")
        verbose_name_plural = _("features of courses")
        constraints = [
            models.UniqueConstraint(fields=["course", "kind"], name="features_unique_of_course"),
            models.CheckConstraint(condition=Q(vector=b"") | Q(fault=""), name="features_or_a_fault"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} {self.kind}"
