#!/usr/bin/env python
"""Django's command line, with PostgreSQL and Redis started when a command needs them and none are given."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crossmarket.settings")
    from django.core.management import execute_from_command_line

    from crossmarket import embedded

    try:
        with embedded.services_for_command(sys.argv):
            execute_from_command_line(sys.argv)
    except embedded.EmbeddedServiceError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
