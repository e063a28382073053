"""Run one of the demo's partner sites."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crossmarket.addresses import host
from crossmarket.demo.addresses import SITES, Addresses
from crossmarket.demo.site.serving import NoDemo, demo_site, serve


class Command(BaseCommand):
    """`manage.py demo_site SLUG`."""

    help = "Runs a demo partner's web site, which talks to CrossMarket over HTTP only, until it is stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which site and where."""
        parser.add_argument("slug", choices=SITES, help="the platform whose site it is")
        parser.add_argument("--port", type=int, help="the port (default: the one that the demo was made for)")
        parser.add_argument("--host", default=host(), help="where to listen (default: HOST, else only this machine)")
        parser.add_argument("--crossmarket", default=settings.PUBLIC_URL, help="the address of CrossMarket")

    def handle(self, *args: Any, slug: str, port: int | None, host: str, crossmarket: str, **options: Any) -> None:
        """Serve it."""
        try:
            site = demo_site(slug, crossmarket)
        except NoDemo as error:
            raise CommandError(str(error)) from error
        serve(site, host, port or Addresses(settings.PORT).site_port(slug) or 0)
