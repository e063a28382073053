"""Django's registration of a person's rights."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RightsConfig(AppConfig):
    """The part of the roof that exports and erases."""

    name = "crossmarket.rights"
    label = "rights"
    verbose_name = _("Persons' rights")
    default_auto_field = "django.db.models.BigAutoField"
