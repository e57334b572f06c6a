from django.utils import timezone

from console import daily
from console.management.base import Failed, VerbCommand


class Command(VerbCommand):
    help = (
        "Does the day's work: trials, renewals, overdue payments, holds, retention, housekeeping, "
        "the proofs of ledger and money. Safe to run again, late, and twice at once."
    )

    def run(self, **options: object) -> None:
        not_well = []
        for result in daily.run(now=timezone.now()):
            self.stdout.write(f"{result.step}: {result.text}")
            if not result.is_well:
                not_well.append(result.step)
        if not_well:
            raise Failed(f"look at: {', '.join(not_well)}.")
