"""Erasures with their receipts, and archives of what is held about people."""

import uuid
from collections.abc import Iterable
from pathlib import PurePosixPath

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
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


FOLDER = "exports"
"""Where archives lie in the storage."""


def archive_name(export: "Export", _given: str = "") -> str:
    """Where an archive lies: by the key of its row, so that whatever lies there without a row can be removed."""
    return str(PurePosixPath(FOLDER) / f"{export.pk}.zip")


class ExportQuerySet(models.QuerySet["Export"]):
    """Questions about exports."""

    def ready(self) -> "ExportQuerySet":
        """Those that can be fetched now."""
        return self.filter(ready_at__isnull=False, expires_at__gt=timezone.now())

    def over(self) -> "ExportQuerySet":
        """Those that have had their time."""
        return self.filter(expires_at__lte=timezone.now())


class Export(models.Model):
    """An archive of everything that is held about somebody, for some days.

    account: whose. whole_person: also about all other accounts of the person; `account_ids` are those that are in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        LinkedAccount, on_delete=models.CASCADE, related_name="exports", verbose_name=_("account")
    )
    whole_person = models.BooleanField(_("all accounts of the person"), default=False)
    account_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    asked_by = models.CharField(_("asked by"), max_length=20, choices=AskedBy.choices)
    file = models.FileField(_("archive"), upload_to=archive_name, blank=True)
    size = models.BigIntegerField(_("size (bytes)"), default=0)
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    ready_at = models.DateTimeField(_("ready"), null=True)
    expires_at = models.DateTimeField(_("removed after"))

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-requested_at"]
        permissions = [("export_person", "Can export what is held about persons")]

    def __str__(self) -> str:
        return str(self.id)[:8]

    @property
    def is_ready(self) -> bool:
        """Whether it can be fetched."""
        return self.ready_at is not None and self.expires_at > timezone.now()

    @property
    def is_under_way(self) -> bool:
        """Whether a worker will have it ready."""
        return self.ready_at is None and self.job is not None and self.job.is_open
