"""Keys of the partner API."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.platform import Platform


class KeyKind(models.TextChoices):
    """Who holds a key."""

    SECRET = "sk", _("secret (servers)")
    PUBLISHABLE = "pk", _("publishable (browsers)")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Questions about keys."""

    def valid(self) -> Self:
        """Neither revoked nor past its end."""
        now = timezone.now()
        return self.filter(revoked_at__isnull=True).exclude(expires_at__lte=now)


class ApiKey(models.Model):
    """A key, kept as a digest: the key itself was shown once, when it was made."""

    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("platform")
    )
    kind = models.CharField(_("kind"), max_length=2, choices=KeyKind.choices)
    name = models.CharField(_("name"), max_length=100, blank=True)
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.hint}…"

    @property
    def is_valid(self) -> bool:
        """Whether calls with it are answered."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
