"""Lay new contact keys around the contact digests of before."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import contacts


class Command(BaseCommand):
    """Renew all contact digests after a key was added to `CONTACT_KEYS`."""

    help = "Renew all contact digests after a key was added at the end of CONTACT_KEYS."

    def handle(self, **_options: Any) -> None:
        """Renew them and say how many there were."""
        renewed, cleared = contacts.rotate()
        self.stdout.write(f"{renewed} contact digests renewed, {cleared} cleared whose key is not known any more.")
