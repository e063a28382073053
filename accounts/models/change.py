"""The change stream: what platforms are told, each its own."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.platform import Platform


class ChangeStream(models.Model):
    """How far a platform's changes are numbered; whoever numbers holds this row."""

    platform = models.OneToOneField(Platform, on_delete=models.CASCADE, primary_key=True, related_name="change_stream")
    position = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("change stream")
        verbose_name_plural = _("change streams")

    def __str__(self) -> str:
        return f"{self.platform} · {self.position}"


class Change(models.Model):
    """Something that a platform is told about one of its users, written in the transaction in which it happened.

    Keys are given out before transactions are committed, so that a late one would slip in behind readers. Readers go
    by `position` instead, which is given to committed rows only; null until then.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="changes", verbose_name=_("platform"))
    position = models.BigIntegerField(_("position"), null=True)
    type = models.CharField(_("type"), max_length=100)
    user_id = models.CharField(_("user id on the platform"), max_length=200, blank=True)
    data = models.JSONField(_("data"), default=dict)
    happened_at = models.DateTimeField(_("happened"))

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint("platform", "position", name="change_position_unique_on_platform")]
        indexes = [
            models.Index(
                fields=["platform", "id"], name="change_without_position", condition=models.Q(position__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} · {self.user_id}"
