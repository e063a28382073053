"""Django's registration of the room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendConfig(AppConfig):
    """The room `recommend`."""

    name = "recommend"
    verbose_name = _("Recommendations")
    default_auto_field = "django.db.models.BigAutoField"
