from django.utils import timezone

from console import daily
from console.management.base import Failed, VerbCommand


class Command(VerbCommand):
    help = (
        "Gives back the credits of holds that are over: the daily job's step, for every few "
        "minutes. Safe to run again, and twice at once."
    )

    def run(self, **options: object) -> None:
        is_well, text = daily.expire_holds(timezone.now())
        self.stdout.write(f"Holds: {text}")
        if not is_well:
            raise Failed("look at the accounts named above.")
