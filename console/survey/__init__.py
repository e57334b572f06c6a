"""A survey of the live database as Markdown: plans, accounts, people, sites, money, findings.

The sections and columns are those of the customer's own survey of 2025-12-08, so that the two can
be laid side by side. It only reads, in a fixed number of queries, whatever the database holds.
"""

from datetime import datetime

from console.survey import accounts, findings, money, plans, sites, system, users
from console.survey.figures import gather
from console.survey.markdown import document

# Rows shown of a table that can be long.
SAMPLE = 20


def survey(*, now: datetime, all_accounts: bool = False) -> str:
    """The whole survey. `all_accounts` lists every account instead of the newest 20."""
    figures = gather(now=now)
    return document(
        [
            "# Current Database State & Context Analysis",
            f"Generated: {now:%Y-%m-%d %H:%M} UTC",
            "",
            "Method: check_current_state, read-only",
        ],
        plans.section(),
        accounts.section(figures, sample=None if all_accounts else SAMPLE),
        users.section(figures, sample=SAMPLE),
        sites.section(figures, sample=SAMPLE),
        money.subscriptions(figures),
        money.bank_transfers(figures, now=now),
        money.transactions(figures),
        system.schema(),
        system.accounts(figures),
        findings.section(figures),
    )
