"""`make bench`: each figure is a ratio to a named limit, measured in the same run.

`python -m bench deduct http suggest` measures only the cases whose name holds one of these words.
"""

import sys
from datetime import UTC, datetime

from bench import database, deduct, http, matching
from bench.deduct import Case, Result


def main(words: list[str]) -> int:
    server = database.start()
    try:
        account_ids = database.fill()
        results = [
            deduct.measure(case, account_ids) for case in deduct.CASES if is_asked(case, words)
        ]
        with http.serving(account_ids) as calling:
            case = Case(
                "HTTP deduct / one statement, 8 connections", calling, deduct.statement(8), 0.10
            )
            if is_asked(case, words):
                results.append(deduct.measure(case, account_ids))
        asked = [case for case in matching.CASES if is_asked(case, words)]
        if asked:
            matching.fill()
        results += [deduct.measure(case, account_ids) for case in asked]
        tell(results)
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


def is_asked(case: Case, words: list[str]) -> bool:
    return not words or any(word in case.name for word in words)


def tell(results: list[Result]) -> None:
    print(f"{'what':45}{'measured/s':>12}{'limit/s':>12}{'ratio':>8}{'target':>8}")
    for result in results:
        print(
            f"{result.case.name:45}{result.measured:12,.0f}{result.limit:12,.0f}"
            f"{result.ratio:8.2f}{result.case.target:8.2f}"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
