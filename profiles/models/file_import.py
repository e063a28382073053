"""Files of events or items that were given to be imported."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from crossmarket.foundation.models import Job


class FileSubject(models.TextChoices):
    """What the rows of a file are."""

    EVENT = "event", _("events")
    ITEM = "item", _("items")


class FileShape(models.TextChoices):
    """By what the rows become ours."""

    DECLARED = "declared", _("the platform's mapping")
    OWN_NAMES = "own_names", _("columns have our own names")
    GIVEN = "given", _("a mapping given with the file")


class FileEncoding(models.TextChoices):
    """How the letters of a text are written."""

    UTF_8 = "utf-8", "UTF-8"
    GB18030 = "gb18030", "GB18030 (GBK, GB2312)"
    BIG5 = "big5", "Big5"
    LATIN_1 = "latin-1", "Latin-1"


class FileImport(models.Model):
    """One file: what it is, the job that took its rows, and what became of them.

    The file is kept until all its rows were taken; what was refused is kept in a file of its own, with reasons.
    """

    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, related_name="file_imports", verbose_name=_("platform")
    )
    name = models.CharField(_("file"), max_length=200)
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", blank=True)
    subject = models.CharField(_("the rows are"), max_length=10, choices=FileSubject.choices, default=FileSubject.EVENT)
    shape = models.CharField(
        _("they become ours by"), max_length=20, choices=FileShape.choices, default=FileShape.DECLARED
    )
    document = models.TextField(_("mapping"), blank=True)
    encoding = models.CharField(_("encoding"), max_length=20, choices=FileEncoding.choices, default=FileEncoding.UTF_8)
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    rows = models.BigIntegerField(_("rows"), default=0)
    accepted = models.BigIntegerField(_("accepted"), default=0)
    duplicates = models.BigIntegerField(_("known already"), default=0)
    rejected = models.BigIntegerField(_("refused"), default=0)
    rejects = models.FileField(_("refused rows"), upload_to="imports/%Y/%m/", blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("file import")
        verbose_name_plural = _("file imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
