"""The staff screens. Importing this registers them all."""

from console.admin import (  # noqa: F401
    accounts,
    api_keys,
    approvals,
    audit_events,
    balances,
    groups,
    holds,
    imports,
    industries,
    invoices,
    ledger,
    notes,
    payments,
    plans,
    sites,
    statements,
    sync_events,
    users,
)
