"""The rows that MRR is worked out from: who had how much of it at which moment, in one query."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connections

from billing.reports.source import source
from billing.services.standing import GRACE

# One row for each customer and pair of neighboring moments, where it has MRR at either.
CHANGES = """
WITH paid AS (
    SELECT a.account_id, a.plan_id, i.amount, i.currency, greatest(a.period_start, a.at) AS starts,
           a.period_end + %(grace)s AS ends, undone.at AS undone_at, a.id
      FROM igny8_activations a
      JOIN igny8_payments p ON p.id = a.payment_id
      JOIN igny8_invoices i ON i.id = p.invoice_id
      JOIN igny8_tenants t ON t.id = a.account_id AND NOT t.is_system
      LEFT JOIN igny8_activations undone ON undone.reverses_id = a.id
     WHERE a.reverses_id IS NULL
 UNION ALL
    SELECT s.account_id, t.plan_id, l.price, l.currency, s.created_at,
           s.current_period_end + %(grace)s, NULL, 0
      FROM igny8_subscriptions s
      JOIN igny8_tenants t ON t.id = s.account_id AND NOT t.is_system
      JOIN igny8_plans l ON l.id = t.plan_id AND l.price > 0
     WHERE NOT EXISTS (SELECT FROM igny8_activations a WHERE a.account_id = s.account_id)
), moments AS (
    SELECT at, number, lag(at) OVER (ORDER BY number) AS previous
      FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS m (at, number)
), standing AS (
    SELECT DISTINCT ON (m.number, p.account_id)
           m.number, m.previous, p.account_id, p.plan_id, p.amount, p.currency
      FROM moments m
      JOIN paid p ON p.starts < m.at AND p.ends >= m.at
                 AND (p.undone_at IS NULL OR p.undone_at >= m.at)
     ORDER BY m.number, p.account_id, p.starts DESC, p.id DESC
), known AS (
    SELECT account_id, min(starts) AS since FROM paid WHERE undone_at IS NULL GROUP BY account_id
), changes AS (
    SELECT coalesce(new.number, old.number + 1) AS number,
           coalesce(new.account_id, old.account_id) AS account_id,
           coalesce(new.currency, old.currency) AS currency,
           old.plan_id AS plan_before, old.amount AS before,
           new.plan_id AS plan_after, new.amount AS after,
           known.since < new.previous AS is_known
      FROM standing new
      FULL JOIN standing old ON old.number = new.number - 1
                            AND old.account_id = new.account_id AND old.currency = new.currency
      LEFT JOIN known ON known.account_id = new.account_id
), told AS (
    SELECT *, CASE WHEN before IS NULL AND is_known THEN 'reactivation'
                   WHEN before IS NULL THEN 'new'
                   WHEN after IS NULL THEN 'churn'
                   WHEN after > before THEN 'expansion'
                   WHEN after < before THEN 'contraction' END AS kind
      FROM changes
     WHERE number BETWEEN 2 AND %(count)s
)
"""
SUMS = """
SELECT number, NULL, '', currency, plan_before, coalesce(sum(before), 0), plan_after,
       coalesce(sum(after), 0), kind, count(after)
  FROM told
 GROUP BY number, currency, plan_before, plan_after, kind
"""
CUSTOMERS = """
SELECT number, t.id, t.name, told.currency, plan_before, coalesce(before, 0), plan_after,
       coalesce(after, 0), kind, (after IS NOT NULL)::int
  FROM told
  JOIN igny8_tenants t ON t.id = told.account_id
 ORDER BY t.name, t.id
"""
NOW = """
SELECT currency, sum(amount), count(*) FROM standing GROUP BY currency ORDER BY currency
"""


class Row(NamedTuple):
    """What changed between the moment before `number` and that moment, counted from 1.

    Plans are ids. `customers` have MRR at the later moment.
    """

    number: int
    account_id: int | None
    account: str
    currency: str
    plan_before: int | None
    before: Decimal
    plan_after: int | None
    after: Decimal
    kind: str | None
    customers: int


def sums(moments: list[datetime]) -> list[Row]:
    """Customers who changed alike in one row, without saying who they are."""
    return [Row(*row) for row in _rows(SUMS, moments)]


def customers(moments: list[datetime]) -> list[Row]:
    """Each customer with MRR at one of the moments, by name."""
    return [Row(*row) for row in _rows(CUSTOMERS, moments)]


def standing(moment: datetime) -> list[tuple[Any, ...]]:
    """Currency, amount, customers."""
    return _rows(NOW, [moment])


def _rows(query: str, moments: list[datetime]) -> list[tuple[Any, ...]]:
    with connections[source()].cursor() as cursor:
        cursor.execute(CHANGES + query, {"grace": GRACE, "moments": moments, "count": len(moments)})
        return cursor.fetchall()
