"""Django's registration of the room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PromotionsConfig(AppConfig):
    """What it is worth."""

    name = "promotions"
    verbose_name = _("Promotions")
