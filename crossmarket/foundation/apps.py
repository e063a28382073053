"""The slab under all rooms: jobs with progress, problem details, request reading."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FoundationConfig(AppConfig):
    """Django's registration of the foundation."""

    name = "crossmarket.foundation"
    label = "foundation"
    verbose_name = _("Operations")
    default_auto_field = "django.db.models.BigAutoField"
