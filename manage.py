#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it uses the embedded PostgreSQL of `make run`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError, connection
    except ImportError:
        sys.exit(
            "Django is not installed for this Python: use .venv/bin/python, which `make run` makes."
        )

    from dev import demo_environment
    from dev.places import Refused

    try:
        if demo_environment.is_wanted():
            demo_environment.prepare()
        from django.conf import settings

        settings.INSTALLED_APPS  # noqa: B018 - reads the settings, whose faults are for people
    except (ImproperlyConfigured, Refused) as error:
        sys.exit(str(error))
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if connection.connection is not None or "--traceback" in sys.argv:
            raise
        sys.exit(f"The database in DATABASE_URL cannot be reached: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
