from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, transaction

from console import runtime_role


class Command(BaseCommand):
    help = "Gives a database role the rights to run the console, and none to rewrite its records."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="An existing role that does not own the tables.")

    def handle(self, *, role: str, **options: object) -> None:
        try:
            with transaction.atomic():
                runtime_role.grant(role=role)
        except ProgrammingError as error:
            raise CommandError(f"Nothing was granted: {error}".strip()) from None
        self.stdout.write(f"{role} can run the console and cannot rewrite its records.")
