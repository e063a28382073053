"""The platforms on which people learn."""

import secrets
import zoneinfo
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

HOUSE_SLUG = "crossmarket"
"""The platform that CrossMarket's own pages are: what people do there are events like any others."""
USUAL_PORTS = {"http": 80, "https": 443}


def new_signing_secret() -> str:
    """A secret to sign user tokens with."""
    return secrets.token_urlsafe(32)


def validate_origin(value: str) -> None:
    """Raise `ValidationError` unless this is an origin such as `https://shop.example` (scheme, host, port, no path)."""
    if not _is_origin(value):
        raise ValidationError(
            _("%(value)s is no origin. Write it like https://shop.example:8443"), params={"value": value}
        )


def _is_origin(value: str) -> bool:
    """Whether browsers would send this: in small letters, without the port that goes without saying."""
    try:
        parts = urlsplit(value)
        is_usual_port = parts.port == USUAL_PORTS.get(parts.scheme)
    except ValueError:
        return False
    is_plain = value == f"{parts.scheme}://{parts.netloc}".lower() and "@" not in value
    return parts.scheme in USUAL_PORTS and bool(parts.hostname) and is_plain and not is_usual_port


def validate_timezone(value: str) -> None:
    """Raise `ValidationError` unless this names a time zone such as `Asia/Shanghai`."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("%(value)s is no time zone. Write it like Asia/Shanghai"), params={"value": value})


class PlatformQuerySet(models.QuerySet["Platform"]):
    """Questions about platforms."""

    def house(self) -> "Platform":
        """CrossMarket's own pages as a platform; made on first need."""
        return self.get_or_create(slug=HOUSE_SLUG, defaults={"name": "CrossMarket"})[0]

    def partners(self) -> "PlatformQuerySet":
        """All but the house."""
        return self.exclude(slug=HOUSE_SLUG)


class Platform(models.Model):
    """A course site, an audio app, a lecture app: whoever sends events and asks for recommendations."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=50, unique=True)
    origins = ArrayField(
        models.CharField(max_length=200, validators=[validate_origin]),
        verbose_name=_("origins"),
        default=list,
        blank=True,
        help_text=_("Where its pages live, such as https://shop.example; browsers may call from there only."),
    )
    signing_secret = models.CharField(
        _("signing secret"),
        max_length=100,
        default=new_signing_secret,
        help_text=_("The platform's server signs user tokens with it; it must never reach a browser."),
    )
    locale = models.CharField(_("language"), max_length=20, default="zh-hans")
    timezone = models.CharField(_("time zone"), max_length=50, default="Asia/Shanghai", validators=[validate_timezone])
    verifies_email = models.BooleanField(
        _("verifies e-mail addresses"),
        default=False,
        help_text=_("It is known to send a link or code to each address before it counts as a user's own."),
    )
    verifies_phone = models.BooleanField(
        _("verifies phone numbers"),
        default=False,
        help_text=_("It is known to send a code to each number before it counts as a user's own."),
    )
    profiling_default = models.BooleanField(_("profiling"), default=True)
    recommendation_default = models.BooleanField(_("recommendation"), default=True)
    cross_platform_default = models.BooleanField(_("joining with other platforms"), default=False)
    marketing_default = models.BooleanField(_("marketing"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = PlatformQuerySet.as_manager()

    class Meta:
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_house(self) -> bool:
        """Whether this is CrossMarket's own site."""
        return self.slug == HOUSE_SLUG

    def verifies(self, contact: str) -> bool:
        """Whether contacts of this kind are its users' own; the house only ever states those it has verified."""
        return self.is_house or bool(getattr(self, f"verifies_{contact}"))

    def consent_default(self, purpose: str) -> bool:
        """What counts for people of whom the platform has not stated anything."""
        return bool(getattr(self, f"{purpose}_default"))
