from django.utils import timezone

from billing.services import proof
from console import daily
from console.management.base import Failed, VerbCommand


class Command(VerbCommand):
    help = "Recomputes every balance from the ledger. Exit code 1 when something disagrees."

    def run(self, **options: object) -> None:
        result = proof.prove_ledger(now=timezone.now())
        for difference in result.differences:
            where = f", from row {difference['sequence']}" if difference["sequence"] else ""
            self.stdout.write(
                f"{difference['slug']} (id {difference['account_id']}): "
                f"{difference['problem']}{where}"
            )
        self.stdout.write(f"{daily.told(result)}, in {result.duration_ms:,} ms.")
        if result.differences:
            raise Failed("the ledger disagrees. The accounts above cannot spend until unfrozen.")
