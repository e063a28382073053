"""Django's registration of the room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    """Why to come back."""

    name = "campaigns"
    verbose_name = _("Campaigns")
