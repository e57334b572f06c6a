"""What our commands share: where a change came from, and refusals in one line."""

from django.core.management.base import BaseCommand, CommandError

from tenancy import context
from tenancy.errors import ServiceError


class Refused(CommandError):
    """Printed as “Refused: …” with exit code 1."""


class Failed(CommandError):
    """Printed as “Failed: …” with exit code 1: the command ran and what it found is not well."""


class VerbCommand(BaseCommand):
    """A command that calls verbs. Subclasses write `run(**options)`."""

    def handle(self, *args: object, **options: object) -> None:
        with context.use(context.RequestContext(door="command")):
            try:
                self.run(**options)
            except ServiceError as refusal:
                raise Refused(refusal.message) from None

    def run(self, **options: object) -> None:
        raise NotImplementedError
