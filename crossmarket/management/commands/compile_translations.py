"""`manage.py compile_translations`: make gettext's files from `locale/`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from crossmarket import translations


class Command(BaseCommand):
    """Compile the translations that changed."""

    help = "Compile the translations of locale/ that changed since they were last compiled."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile and name what was compiled."""
        for folder in settings.LOCALE_PATHS:
            for source in translations.compile_stale(folder):
                self.stdout.write(f"compiled {source.relative_to(folder)}")
