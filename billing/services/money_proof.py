"""The money's proof: what came in, what it paid and what that set in motion agree. No repairs."""

import time
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection

from billing.models import MoneyProof


@dataclass(frozen=True)
class Difference:
    """What does not agree. A line that belongs to no account yet has none."""

    account_id: int | None
    slug: str
    payment_id: int | None
    reference: str
    line_id: int | None
    problem: str


@dataclass(frozen=True)
class Found:
    """`by_hand` counts confirmed payments of which lines tell nothing, or not all: no difference,
    but only a person's word. `payments` and `lines` are how many were checked.
    """

    differences: list[Difference]
    payments: int
    by_hand: int
    lines: int


# One statement, so one snapshot: a payment and its allocations that commit together are seen
# together. An allocation stands until a row reverses it; both sum to nothing, so sums need no
# look at what was reversed.
_PROOF = """
WITH line_money AS (
    SELECT a.line_id, sum(a.amount) AS amount,
           count(*) FILTER (WHERE a.reverses_id IS NULL AND undone.id IS NULL) AS places,
           min(a.place) FILTER (WHERE a.reverses_id IS NULL AND undone.id IS NULL) AS place,
           (array_agg(a.account_id ORDER BY a.id DESC) FILTER (WHERE a.account_id IS NOT NULL))[1]
               AS account_id
      FROM igny8_allocations a
      LEFT JOIN igny8_allocations undone ON undone.reverses_id = a.id
     GROUP BY a.line_id
), payment_money AS (
    SELECT payment_id, sum(amount) AS amount
      FROM igny8_allocations WHERE place = 'payment' GROUP BY payment_id
), activated AS (
    SELECT payment_id,
           count(*) FILTER (WHERE reverses_id IS NULL) - count(reverses_id) AS standing,
           sum(credits) FILTER (WHERE reverses_id IS NULL) AS granted,
           sum(credits) FILTER (WHERE reverses_id IS NOT NULL) AS taken,
           count(reverses_id) AS reversals
      FROM igny8_activations GROUP BY payment_id
), granted AS (
    SELECT payment_id, sum(amount) AS credits
      FROM igny8_credit_transactions
     WHERE payment_id IS NOT NULL AND type IN ('subscription', 'purchase')
     GROUP BY payment_id
), taken AS (
    -- By the row that was reversed, or by the payment where it could be taken back in part only.
    SELECT coalesce(row.payment_id, undone.payment_id) AS payment_id, sum(row.amount) AS credits
      FROM igny8_credit_transactions row
      LEFT JOIN igny8_credit_transactions undone ON undone.id = row.reverses_id
     WHERE row.type IN ('reversal', 'adjustment')
       AND coalesce(row.payment_id, undone.payment_id) IS NOT NULL
     GROUP BY 1
), payments AS (
    SELECT p.id, p.account_id, p.reference, p.status, p.expected_amount, p.received_total,
           p.bank_transaction_id, p.written_off, i.number, i.status AS invoice_status,
           coalesce(a.standing, 0) AS standing, coalesce(a.granted, 0) AS activated_credits,
           coalesce(g.credits, 0) AS granted_credits, a.payment_id IS NOT NULL AS was_activated,
           coalesce(a.reversals, 0) > 0 AS was_reversed,
           coalesce(a.taken, 0) AS reversed_credits, coalesce(t.credits, 0) AS taken_credits,
           m.payment_id IS NOT NULL AS has_lines, coalesce(m.amount, 0) AS allocated
      FROM igny8_payments p
      JOIN igny8_invoices i ON i.id = p.invoice_id
      LEFT JOIN activated a ON a.payment_id = p.id
      LEFT JOIN granted g ON g.payment_id = p.id
      LEFT JOIN taken t ON t.payment_id = p.id
      LEFT JOIN payment_money m ON m.payment_id = p.id
), lines AS (
    SELECT l.id, l.amount, l.remaining, l.state, m.account_id, coalesce(m.amount, 0) AS placed,
           CASE WHEN l.amount < 0 THEN 'outgoing' WHEN l.amount = 0 THEN 'zero'
                WHEN l.amount > coalesce(m.amount, 0) THEN 'new'
                WHEN m.places > 1 THEN 'split'
                WHEN m.place IN ('returned', 'ignored') THEN m.place
                ELSE 'applied' END AS expected_state
      FROM igny8_statement_lines l LEFT JOIN line_money m ON m.line_id = l.id
), unapplied AS (
    SELECT a.account_id, l.currency, sum(a.amount) AS amount
      FROM igny8_allocations a JOIN igny8_statement_lines l ON l.id = a.line_id
     WHERE a.place = 'unapplied' GROUP BY a.account_id, l.currency
), problems AS (
    SELECT p.account_id, p.id AS payment_id, p.reference, NULL::bigint AS line_id, problem.text
      FROM payments p
      -- Part of the money came by a line, and what was still missing by a person's word: then the
      -- bank id is that person's. A line that completes a payment gives it its own.
     CROSS JOIN LATERAL (
        SELECT NOT EXISTS (
            SELECT FROM igny8_allocations a JOIN igny8_statement_lines l ON l.id = a.line_id,
                   coalesce(nullif(l.bank_transaction_id, ''),
                            format('STMT-%%s/%%s', l.statement_id, l.line_number)) AS own,
                   regexp_replace(p.bank_transaction_id, ' [(][0-9]+[)]$', '') AS base
             WHERE a.payment_id = p.id
               AND (base = own OR length(base) > 90 AND starts_with(own, base))
        ) AS ended_by_hand
     ) AS end_of_payment
     CROSS JOIN LATERAL (VALUES
        (p.status = 'confirmed' AND p.standing <> 1,
         format('it is confirmed and has %%s standing activations, not one', p.standing)),
        (p.status <> 'confirmed' AND p.standing <> 0,
         format('it is %%s and has %%s standing activations', p.status, p.standing)),
        (p.status IN ('confirmed', 'reversed')
         AND p.received_total + p.written_off <> p.expected_amount,
         format('%%s came and %%s was written off, but %%s was asked for', p.received_total,
                p.written_off, p.expected_amount)),
        (p.status = 'reversed' AND p.allocated <> 0
         OR p.status IN ('awaiting', 'partially_paid', 'rejected')
            AND p.allocated <> p.received_total
         OR p.status = 'confirmed' AND p.has_lines AND p.allocated <> p.received_total
            AND NOT (p.allocated < p.received_total AND ended_by_hand),
         format('%%s is booked as received, the statement lines hold %%s for it',
                CASE p.status WHEN 'reversed' THEN 0 ELSE p.received_total END, p.allocated)),
        ((p.invoice_status = 'paid') <> (p.status = 'confirmed')
         OR (p.invoice_status = 'open') <> (p.status IN ('awaiting', 'partially_paid')),
         format('it is %%s, its invoice %%s is %%s', replace(p.status, '_', ' '), p.number,
                p.invoice_status)),
        (p.was_activated AND p.activated_credits <> p.granted_credits,
         format('it granted %%s credits, the ledger has %%s', p.activated_credits,
                p.granted_credits)),
        (NOT p.was_activated AND p.granted_credits <> 0,
         format('the ledger has %%s credits for it, nothing was activated', p.granted_credits)),
        (p.was_reversed AND p.reversed_credits <> p.taken_credits,
         format('its reversal took back %%s credits, the ledger %%s', -p.reversed_credits,
                -p.taken_credits))
      ) AS problem (holds, text)
     WHERE problem.holds
    UNION ALL
    SELECT i.account_id, NULL, i.number, NULL,
           format('the invoice is %%s and has no payment', i.status)
      FROM igny8_invoices i LEFT JOIN igny8_payments p ON p.invoice_id = i.id
     WHERE p.id IS NULL AND i.status <> 'void'
    UNION ALL
    SELECT l.account_id, NULL, '', l.id, problem.text
      FROM lines l
     CROSS JOIN LATERAL (VALUES
        (l.amount > 0 AND l.remaining <> l.amount - l.placed
         OR l.amount <= 0 AND (l.remaining <> 0 OR l.placed <> 0),
         format('%%s came, %%s has a place, but %%s is said to remain', l.amount, l.placed,
                l.remaining)),
        (l.state <> l.expected_state AND NOT (l.state = 'held' AND l.expected_state = 'new'),
         format('it is “%%s”, by its allocations it is “%%s”', l.state, l.expected_state))
      ) AS problem (holds, text)
     WHERE problem.holds
    UNION ALL
    SELECT u.account_id, NULL, '', NULL,
           format('%%s %%s of unapplied money is less than nothing', u.amount, u.currency)
      FROM unapplied u WHERE u.amount < 0
)
SELECT problems.account_id, coalesce(t.slug, ''), payment_id, reference, line_id, text,
       (SELECT count(*) FROM payments),
       (SELECT count(*) FROM payments WHERE status = 'confirmed' AND allocated < received_total),
       (SELECT count(*) FROM lines)
  FROM (SELECT 1) AS always
  LEFT JOIN problems ON true
  LEFT JOIN igny8_tenants t ON t.id = problems.account_id
 ORDER BY problems.account_id, payment_id, line_id, text
"""


def find() -> Found:
    """What does not agree now, and how much was checked. No differences are the proof."""
    with connection.cursor() as cursor:
        cursor.execute(_PROOF, {})
        rows = cursor.fetchall()
    # Without a difference there is one row: it tells the counts and names no problem.
    *_, payments, by_hand, lines = rows[0]
    differences = [
        Difference(account_id, slug, payment_id, reference, line_id, problem)
        for account_id, slug, payment_id, reference, line_id, problem, *_ in rows
        if problem is not None
    ]
    return Found(differences, payments, by_hand, lines)


def prove_money(*, now: datetime) -> MoneyProof:
    """Compare all payments, invoices, lines, activations and credits; keep the result."""
    started = time.monotonic()
    found = find()
    return MoneyProof.objects.create(
        at=now,
        payments=found.payments,
        by_hand=found.by_hand,
        lines=found.lines,
        differences=[asdict(difference) for difference in found.differences],
        duration_ms=round((time.monotonic() - started) * 1000),
    )
