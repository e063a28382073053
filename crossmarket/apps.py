"""The roof: commands, template tags and what touches every room."""

from django.apps import AppConfig


class CrossMarketConfig(AppConfig):
    """Django's registration of the roof."""

    name = "crossmarket"
    verbose_name = "CrossMarket"
