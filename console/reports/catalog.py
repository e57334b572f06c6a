"""All reports, in the order of finance's day."""

from console.reports import (
    cash_received,
    credits_moved,
    money_in,
    mrr_customers,
    mrr_movement,
    open_invoices,
    sign_ups,
    unapplied_money,
)

REPORTS = {
    module.REPORT.name: module.REPORT
    for module in (
        cash_received,
        money_in,
        unapplied_money,
        open_invoices,
        mrr_movement,
        mrr_customers,
        sign_ups,
        credits_moved,
    )
}
# Those that a person chooses; the others are behind numbers.
LISTED = [report for report in REPORTS.values() if not report.is_part_of]
