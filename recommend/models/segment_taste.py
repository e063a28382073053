"""What the members of a segment like."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from profiles.models import Segment


class SegmentTaste(models.Model):
    """What the members of a segment liked lately of a platform's courses, counted over enough of them to be of nobody.

    course_ids, liking: the most liked courses, best first, and how much each; total: how much they liked in all;
    people: so many persons it was.
    """

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", verbose_name=_("segment"))
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+", verbose_name=_("platform"))
    course_ids = ArrayField(models.BigIntegerField())
    liking = ArrayField(models.FloatField())
    total = models.FloatField()
    people = models.PositiveIntegerField(_("persons"))
    learned_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("taste of a segment")
        verbose_name_plural = _("tastes of segments")
        constraints = [models.UniqueConstraint(fields=["segment", "platform"], name="taste_of_segment_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} · {self.platform_id}"
