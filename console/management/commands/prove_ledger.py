from django.utils import timezone

from billing.services import money_proof, proof
from console import daily
from console.management.base import Failed, VerbCommand


class Command(VerbCommand):
    help = (
        "Recomputes every balance from the ledger, and compares all money that came in with what "
        "it paid. Exit code 1 when something disagrees."
    )

    def run(self, **options: object) -> None:
        now = timezone.now()
        ledger, money = proof.prove_ledger(now=now), money_proof.prove_money(now=now)
        for difference in ledger.differences:
            where = f", from row {difference['sequence']}" if difference["sequence"] else ""
            self.stdout.write(
                f"{difference['slug']} (id {difference['account_id']}): "
                f"{difference['problem']}{where}"
            )
        for difference in money.differences:
            self.stdout.write(f"{_place(difference)}: {difference['problem']}")
        self.stdout.write(f"{daily.told(ledger)}, in {ledger.duration_ms:,} ms.")
        self.stdout.write(f"{daily.told_of_money(money)}, in {money.duration_ms:,} ms.")
        if ledger.differences:
            raise Failed("the ledger disagrees. The accounts above cannot spend until unfrozen.")
        if money.differences:
            raise Failed("the money disagrees. Nothing was changed; look at what is named above.")


def _place(difference: dict) -> str:
    account = difference["account_id"] and f"{difference['slug']} (id {difference['account_id']})"
    line = difference["line_id"] and f"statement line {difference['line_id']}"
    return ", ".join(filter(None, [account, difference["reference"], line])) or "nobody's money"
