"""`manage.py create_platform SLUG`: a platform with its keys, for scripts and for hands."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.platforms import PlatformExists, create_platform


class Command(BaseCommand):
    """Makes a platform and prints its keys, which are not shown again."""

    help = "Make a platform and print its keys and signing secret, which are not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """The slug, and what may be told beside it."""
        parser.add_argument("slug")
        parser.add_argument("--name", default="", help="what people call it; by default the slug")
        parser.add_argument("--origin", action="extend", nargs="+", default=[], help="origins of its pages")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and print it."""
        try:
            made = create_platform(options["slug"], options["name"], options["origin"])
        except PlatformExists as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        facts = {
            "slug": made.platform.slug,
            "sk": made.secret_key,
            "pk": made.publishable_key,
            "signing_secret": made.platform.signing_secret,
        }
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        for name, value in facts.items():
            self.stdout.write(f"{name:>15}  {value}")
        self.stdout.write("Keep these now: the keys are not shown again.")
