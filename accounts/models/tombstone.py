"""That somebody was erased, told by a digest that names nobody."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.platform import Platform


class Tombstone(models.Model):
    """An account was erased: what happened before `erased_at` is not taken any more, however often it is sent.

    `digest` is made of platform and user id under this server's key; `receipt` is the receipt of the platform's own
    request, to be given again when the request is repeated.
    """

    digest = models.CharField(max_length=64, primary_key=True, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+", verbose_name=_("platform"))
    erased_at = models.DateTimeField(_("erased"))
    receipt = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("tombstone")
        verbose_name_plural = _("tombstones")
        indexes = [models.Index(fields=["platform", "erased_at"], name="tombstone_on_platform")]

    def __str__(self) -> str:
        return f"{self.digest[:8]}… {self.erased_at:%Y-%m-%d %H:%M}"
