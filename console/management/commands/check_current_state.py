from django.core.management.base import CommandParser
from django.utils import timezone

from console.management.base import VerbCommand
from console.survey import survey


class Command(VerbCommand):
    help = "Prints a survey of the database as Markdown. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all-accounts", action="store_true", help="List every account, not the newest 20."
        )

    def run(self, *, all_accounts: bool, **options: object) -> None:
        self.stdout.write(survey(now=timezone.now(), all_accounts=all_accounts), ending="")
