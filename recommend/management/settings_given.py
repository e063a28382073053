"""Settings of algorithms as they are given on the command line."""

from django.core.management.base import CommandError


def setting(text: str) -> tuple[str, str]:
    """The name and the value of `key=value`. Raises `CommandError` for anything else."""
    key, equals, value = text.partition("=")
    if not (equals and key.strip()):
        raise CommandError(f"--set {text!r} is not of the form key=value.")
    return key.strip(), value.strip()
