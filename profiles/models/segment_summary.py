"""What is told of a segment besides its size, as a job found it out."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from profiles.models.segment import Segment


class SegmentSummary(models.Model):
    """How a segment overlaps with others and how its members differ from everyone.

    figures: the JSON of `profiles.segmentation.comparing.Figures`.
    """

    segment = models.OneToOneField(Segment, on_delete=models.CASCADE, primary_key=True, related_name="summary")
    figures = models.JSONField(_("figures"))
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("summary of a segment")
        verbose_name_plural = _("summaries of segments")

    def __str__(self) -> str:
        return str(self.segment)
