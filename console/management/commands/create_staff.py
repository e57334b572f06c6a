import sys
from getpass import getpass

from django.core.management.base import CommandParser

from console.management.base import Refused, VerbCommand
from tenancy.records import SYSTEM
from tenancy.services import staff


class Command(VerbCommand):
    help = "Lets a person into the console, for instance the first Administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="They sign in with it.")
        parser.add_argument(
            "--group",
            required=True,
            action="append",
            dest="groups",
            help="Support, Finance, Approver, Auditor or Administrator. Can be given repeatedly.",
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="Read the password from the first line of standard input.",
        )
        parser.add_argument("--reason", default="Added on the server")

    def run(
        self,
        *,
        email: str,
        groups: list[str],
        password_stdin: bool,
        reason: str,
        **options: object,
    ) -> None:
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ask_twice()
        if not password:
            raise Refused("no password was given.")
        user = staff.add(email=email, groups=groups, password=password, by=SYSTEM, reason=reason)
        self.stdout.write(f"{user.email} can sign in to the console as {' and '.join(groups)}.")


def ask_twice() -> str:
    if not sys.stdin.isatty():
        raise Refused("there is no terminal to ask for a password; use --password-stdin.")
    try:
        password = getpass("Password: ")
        again = getpass("Again: ")
    except (EOFError, KeyboardInterrupt):
        raise Refused("no password was given.") from None
    if password != again:
        raise Refused("the two passwords differ.")
    return password
