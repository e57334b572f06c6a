"""The ledger's proof: every balance recomputed from its rows. It never repairs."""

import time
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection, transaction

from billing.models import CreditBalance, CreditTransaction, LedgerProof
from tenancy.errors import StateConflict
from tenancy.models import Account, User
from tenancy.records import SYSTEM, clean_reason, lock, record, refuse_own_account


@dataclass(frozen=True)
class Difference:
    """What does not agree in one account's ledger; `sequence` is the first row concerned."""

    account_id: int
    slug: str
    problem: str
    sequence: int | None


# One statement, so one snapshot: rows and balances that commit together are seen together.
_DIFFERENCES = """
WITH recomputed AS (
    SELECT account_id, sequence, balance_after,
           row_number() OVER by_sequence AS expected_sequence,
           sum(amount) OVER by_sequence AS expected_balance
      FROM igny8_credit_transactions
     WHERE %(account)s IS NULL OR account_id = %(account)s
    WINDOW by_sequence AS (PARTITION BY account_id ORDER BY sequence)
), wrong_rows AS (
    SELECT account_id,
           min(sequence) FILTER (WHERE sequence <> expected_sequence) AS gap_at,
           min(sequence) FILTER (WHERE balance_after <> expected_balance) AS wrong_at
      FROM recomputed GROUP BY account_id
), totals AS (
    SELECT account_id, sum(amount) AS credits, count(*) AS rows
      FROM igny8_credit_transactions
     WHERE %(account)s IS NULL OR account_id = %(account)s
     GROUP BY account_id
), open_holds AS (
    SELECT account_id, sum(amount) AS held
      FROM igny8_credit_holds
     WHERE status = 'held' AND (%(account)s IS NULL OR account_id = %(account)s)
     GROUP BY account_id
), wrong_holds AS (
    SELECT DISTINCT h.account_id
      FROM igny8_credit_holds h
      LEFT JOIN igny8_credit_transactions row
             ON row.id = h.transaction_id AND row.account_id = h.account_id
            AND row.type = 'deduction' AND row.amount = -h.committed_amount
     WHERE h.status = 'committed' AND row.id IS NULL
       AND (%(account)s IS NULL OR h.account_id = %(account)s)
)
SELECT t.id, t.slug, problem.text, problem.sequence
  FROM igny8_tenants t
  LEFT JOIN igny8_credit_balances b ON b.account_id = t.id
  LEFT JOIN totals ON totals.account_id = t.id
  LEFT JOIN wrong_rows ON wrong_rows.account_id = t.id
  LEFT JOIN open_holds ON open_holds.account_id = t.id
  LEFT JOIN wrong_holds ON wrong_holds.account_id = t.id
 CROSS JOIN LATERAL (VALUES
    (b.account_id IS NULL, 'there is no balance', NULL),
    (b.credits <> coalesce(totals.credits, 0),
     format('the balance says %%s, the rows sum to %%s', b.credits, coalesce(totals.credits, 0)),
     NULL),
    (b.sequence <> coalesce(totals.rows, 0),
     format('the balance counts %%s rows, there are %%s', b.sequence, coalesce(totals.rows, 0)),
     NULL),
    (wrong_rows.gap_at IS NOT NULL, 'the sequence has a gap', wrong_rows.gap_at),
    (wrong_rows.wrong_at IS NOT NULL, 'balance_after is not the sum of the rows so far',
     wrong_rows.wrong_at),
    (b.held <> coalesce(open_holds.held, 0),
     format('the balance holds %%s, the open holds sum to %%s', b.held,
            coalesce(open_holds.held, 0)),
     NULL),
    (wrong_holds.account_id IS NOT NULL, 'a committed hold has no ledger row of its amount', NULL)
 ) AS problem (holds, text, sequence)
 WHERE problem.holds AND (%(account)s IS NULL OR t.id = %(account)s)
 ORDER BY t.id
"""


def differences(*, account: Account | None = None) -> list[Difference]:
    """What does not agree now, in every account or in one. An empty list is the proof."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES, {"account": account.pk if account else None})
        return [Difference(*row) for row in cursor.fetchall()]


def prove_ledger(*, now: datetime) -> LedgerProof:
    """Recompute every account's ledger, keep the result, freeze spending where it disagrees."""
    started = time.monotonic()
    found = differences()
    first_of_each = {difference.account_id: difference for difference in reversed(found)}
    with transaction.atomic():
        for account_id, difference in sorted(first_of_each.items()):
            _freeze(account_id, difference)
        return LedgerProof.objects.create(
            at=now,
            accounts=Account.objects.count(),
            transactions=CreditTransaction.objects.count(),
            differences=[asdict(difference) for difference in found],
            duration_ms=round((time.monotonic() - started) * 1000),
        )


def _freeze(account_id: int, difference: Difference) -> None:
    frozen_now = CreditBalance.objects.filter(account_id=account_id, frozen=False).update(
        frozen=True
    )
    if frozen_now:
        account = Account.objects.get(pk=account_id)
        record(
            "credits_frozen",
            by=SYSTEM,
            reason=f"The ledger's proof: {difference.problem}.",
            target=account,
            account=account,
            before={"frozen": False},
            after={"frozen": True},
        )


@transaction.atomic
def unfreeze(*, account: Account, by: User, reason: str, ticket_url: str = "") -> CreditBalance:
    """Let a frozen account spend again, once its ledger proves right.

    Raises StateConflict when it is not frozen or still disagrees; OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_own_account(by=by, account=account)
    balance = CreditBalance.objects.get(account=account)
    lock(balance)
    if not balance.frozen:
        raise StateConflict(
            f"The credits of {account.name} are not frozen; nothing was changed.",
            current="spendable",
        )
    found = differences(account=account)
    if found:
        raise StateConflict(
            f"The ledger of {account.name} still disagrees: {found[0].problem}.", current="frozen"
        )
    balance.frozen = False
    balance.save(update_fields=["frozen"])
    record(
        "credits_unfrozen",
        by=by,
        reason=reason,
        target=account,
        account=account,
        before={"frozen": True},
        after={"frozen": False},
        ticket_url=ticket_url,
    )
    return balance
