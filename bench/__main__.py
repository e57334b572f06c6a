"""`make bench`: each figure is a ratio to a named limit, measured in the same run."""

import sys
from datetime import UTC, datetime

from bench import database, deduct


def main() -> int:
    server = database.start()
    try:
        account_ids = database.fill()
        results = [deduct.measure(case, account_ids) for case in deduct.CASES]
        print(f"{'what':45}{'service/s':>12}{'limit/s':>12}{'ratio':>8}{'target':>8}")
        for result in results:
            print(
                f"{result.case.name:45}{result.service:12,.0f}{result.limit:12,.0f}"
                f"{result.ratio:8.2f}{result.case.target:8.2f}"
            )
        from billing.services.proof import prove_ledger

        proof = prove_ledger(now=datetime.now(tz=UTC))
        print(f"{proof.transactions:,} ledger rows, {len(proof.differences)} differences")
    finally:
        if server is not None:
            from django.db import connections

            connections.close_all()
            server.close()
    missed = [result.case.name for result in results if result.ratio < result.case.target]
    if missed:
        print(f"Below target: {', '.join(missed)}")
    return 1 if missed or proof.differences else 0


if __name__ == "__main__":
    sys.exit(main())
