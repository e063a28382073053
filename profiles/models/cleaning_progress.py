"""How far cleaning has come."""

from django.db import models

ONLY = 1


class CleaningProgress(models.Model):
    """Which events have been judged, in the one row that there is.

    rules: a digest of the rules by which everything was judged; empty before the first time. judged_to: all events with
    keys up to this one have been judged, and behind it none can appear any more. looked_at: when the last look began.
    """

    rules = models.CharField(max_length=64, default="")
    judged_to = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.judged_to} {self.looked_at}"

    @classmethod
    def current(cls) -> "CleaningProgress":
        """The row, made on first need."""
        return cls.objects.get_or_create(pk=ONLY)[0]
