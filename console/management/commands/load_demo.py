from django.core.management.base import CommandParser
from django.utils import timezone

from console.demo import load, staff
from console.management.base import VerbCommand


class Command(VerbCommand):
    help = "Fills an empty database with the demo. Needs IGNY8_DEMO=1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="Do nothing, and say nothing of it, when the database is not empty.",
        )

    def run(self, *, if_empty: bool, **options: object) -> None:
        load.refuse_outside_demo()
        if not (if_empty and load.what_is_there()):
            load.load(now=timezone.now())
            self.stdout.write("Loaded the demo: 8 accounts, 4 sites, 280 credit transactions.")
        if logins := staff.working_logins():
            self.stdout.write(
                f"Demo logins, each with the password “{staff.PASSWORD}”: {', '.join(logins)}"
            )
