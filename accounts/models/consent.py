"""What people agreed to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    """What data may be used for."""

    PROFILING = "profiling", _("Profile: understand what I like")
    RECOMMENDATION = "recommendation", _("Recommendations: use what I did to suggest what to learn")
    CROSS_PLATFORM = "cross_platform", _("Joining: combine this with my other platforms")
    MARKETING = "marketing", _("Offers and messages")


class ConsentSource(models.TextChoices):
    """Who stated it."""

    PLATFORM = "platform", _("the platform")
    PERSON = "person", _("the person, here")
    OPERATOR = "operator", _("an operator")


class Consent(models.Model):
    """One statement in the history of an account's consent; rows are only ever added.

    What counts now stands on the account itself, changed in the same transaction.
    """

    account = models.ForeignKey(
        "accounts.LinkedAccount", on_delete=models.CASCADE, related_name="consent_history", verbose_name=_("account")
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    granted = models.BooleanField(_("granted"))
    policy_version = models.CharField(_("policy version"), max_length=100, blank=True)
    source = models.CharField(_("stated by"), max_length=20, choices=ConsentSource.choices)
    stated_at = models.DateTimeField(_("stated"), auto_now_add=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.granted}"
