"""Erasures with their receipts, and archives of what is held about people."""

import uuid
from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from crossmarket.foundation.models import Job


class AskedBy(models.TextChoices):
    """Who asked for it."""

    PLATFORM = "platform", _("the platform")
    PERSON = "person", _("the person, here")
    OPERATOR = "operator", _("an operator")


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Questions about erasures."""

    def unfinished(self) -> "ErasureQuerySet":
        """Those that are still to be done, or done to their end."""
        return self.filter(erased_at__isnull=True)


class Erasure(models.Model):
    """An erasure, and once it is done its receipt: what was removed, by kind, and when; nothing that identifies.

    `subjects` says until then whom to erase, each an object with `account_id` (null for one who has none),
    `platform_id`, `external_id` and, while the account stands, nothing else. It is emptied at the end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.CharField(_("asked by"), max_length=20, choices=AskedBy.choices)
    platform = models.ForeignKey(
        Platform, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("platform")
    )
    subjects = models.JSONField(default=list, editable=False)
    user_id = models.BigIntegerField(null=True, editable=False)
    removed = models.JSONField(_("removed"), default=dict)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased"), null=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-requested_at"]
        permissions = [("erase_person", "Can erase persons")]
        constraints = [
            models.CheckConstraint(
                name="erasure_forgets_whom",
                condition=models.Q(erased_at__isnull=True) | models.Q(subjects=[], user_id__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["requested_at"], name="erasure_unfinished", condition=models.Q(erased_at__isnull=True))
        ]

    def __str__(self) -> str:
        return str(self.id)[:8]

    @property
    def is_done(self) -> bool:
        """Whether everything is gone."""
        return self.erased_at is not None

    @property
    def total(self) -> int:
        """How much was removed in all."""
        return sum(self.removed.values())

    def count(self, removed: Iterable[tuple[str, int]]) -> None:
        """Add what was removed; to be saved by the caller."""
        for kind, number in removed:
            if number:
                self.removed[kind] = self.removed.get(kind, 0) + number
