"""Accounts on platforms, and the codes by which a person joins two of them."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.consent import Purpose
from accounts.models.person import Person
from accounts.models.platform import Platform


class Contact(models.TextChoices):
    """A way to reach somebody, of which a digest is kept."""

    EMAIL = "email", _("e-mail address")
    PHONE = "phone", _("phone number")


def has_contact(contact: str) -> models.Q:
    """The condition that an account's contact of this kind is known."""
    return ~models.Q((f"{contact}_digest", ""))


class LinkedAccountQuerySet(models.QuerySet["LinkedAccount"]):
    """Questions about accounts."""

    def consenting(self, *purposes: str) -> Self:
        """Those who agree to all of these purposes, by their own word or by the platform's default."""
        return self.filter(consenting_to(*purposes))

    def others_of(self, account: "LinkedAccount") -> Self:
        """The other accounts of the same person."""
        return self.filter(person_id=account.person_id).exclude(pk=account.pk)


def consenting_to(*purposes: str, path: str = "") -> models.Q:
    """The condition that an account agrees to all of these purposes; `path` leads to the account, as `account__`."""
    condition = models.Q()
    for purpose in purposes:
        stated, default = f"{path}{Purpose(purpose)}", f"{path}platform__{purpose}_default"
        condition &= models.Q((stated, True)) | models.Q((f"{stated}__isnull", True), (default, True))
    return condition


class LinkedAccount(models.Model):
    """An account on a platform, pointing at the person behind it.

    The four consents hold what was last stated (the history is `Consent`); null is the platform's default. `home` is
    the person that the account is by itself, known from its first joining on: so it comes back to the same one. Where
    an earlier account of the same id was erased, nothing from before `erased_before` is taken.
    """

    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, related_name="accounts", verbose_name=_("platform")
    )
    external_id = models.CharField(_("user id on the platform"), max_length=200)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("person"))
    traits = models.JSONField(_("traits"), default=dict, blank=True)
    home = models.UUIDField(null=True, editable=False)
    email_digest = models.CharField(_("e-mail digest"), max_length=80, blank=True, editable=False)
    phone_digest = models.CharField(_("phone digest"), max_length=80, blank=True, editable=False)
    profiling = models.BooleanField(Purpose.PROFILING.label, null=True, blank=True)
    recommendation = models.BooleanField(Purpose.RECOMMENDATION.label, null=True, blank=True)
    cross_platform = models.BooleanField(Purpose.CROSS_PLATFORM.label, null=True, blank=True)
    marketing = models.BooleanField(Purpose.MARKETING.label, null=True, blank=True)
    erased_before = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = LinkedAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("linked account")
        verbose_name_plural = _("linked accounts")
        constraints = [
            models.UniqueConstraint("platform", "external_id", name="account_unique_on_platform"),
            # With its condition it is no key for PostgreSQL, so that joining waits for nobody who holds only the key.
            models.UniqueConstraint(fields=["home"], condition=models.Q(home__isnull=False), name="account_home_once"),
        ]
        indexes = [
            models.Index(fields=[f"{contact}_digest"], name=f"account_{contact}", condition=has_contact(contact))
            for contact in Contact.values
        ]

    def __str__(self) -> str:
        return f"{self.platform.name} · {self.external_id}"

    def consents_to(self, purpose: str) -> bool:
        """Whether data of this account may be used for the purpose."""
        stated = getattr(self, Purpose(purpose))
        return self.platform.consent_default(purpose) if stated is None else bool(stated)

    def digest_of(self, contact: str) -> str:
        """The digest of a contact; empty where it is not known."""
        return str(getattr(self, f"{contact}_digest"))


class LinkCodeQuerySet(models.QuerySet["LinkCode"]):
    """Questions about link codes."""

    def usable(self) -> Self:
        """Neither used nor expired."""
        return self.filter(used_at__isnull=True, expires_at__gt=timezone.now())


class LinkCode(models.Model):
    """A code that joins two accounts, good once for ten minutes; only its digest is kept."""

    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="link_codes")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = LinkCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("link code")
        verbose_name_plural = _("link codes")

    def __str__(self) -> str:
        return f"{self.account} ({self.created_at:%H:%M})"
