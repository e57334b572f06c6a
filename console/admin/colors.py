"""The color of each state. The word says it; the color helps the eye."""

from billing.models import (
    ApprovalStatus,
    HoldStatus,
    InvoiceStatus,
    LineState,
    PaymentStatus,
    Place,
    SubscriptionStatus,
    TransactionType,
)
from console.models import RunState
from tenancy.models import AccountStatus, AuditEvent, SiteStatus

ACCOUNT = {
    AccountStatus.TRIAL: "info",
    AccountStatus.PENDING_PAYMENT: "warning",
    AccountStatus.ACTIVE: "success",
    AccountStatus.SUSPENDED: "danger",
    AccountStatus.CANCELLED: "",
}
SITE = {
    SiteStatus.ACTIVE: "success",
    SiteStatus.INACTIVE: "",
    SiteStatus.SUSPENDED: "danger",
}
SUBSCRIPTION = {
    SubscriptionStatus.ACTIVE: "success",
    SubscriptionStatus.PAST_DUE: "warning",
    SubscriptionStatus.CANCELLED: "",
}
INVOICE = {
    InvoiceStatus.OPEN: "warning",
    InvoiceStatus.PAID: "success",
    InvoiceStatus.VOID: "",
}
PAYMENT = {
    PaymentStatus.AWAITING: "warning",
    PaymentStatus.PARTIALLY_PAID: "warning",
    PaymentStatus.CONFIRMED: "success",
    PaymentStatus.REJECTED: "",
    PaymentStatus.REVERSED: "danger",
}
LINE = {
    LineState.NEW: "warning",
    LineState.HELD: "warning",
    LineState.APPLIED: "success",
    LineState.SPLIT: "success",
    LineState.RETURNED: "",
    LineState.IGNORED: "",
    LineState.OUTGOING: "",
    LineState.ZERO: "",
}
PLACE = {
    Place.PAYMENT: "success",
    Place.UNAPPLIED: "warning",
    Place.RETURNED: "",
    Place.IGNORED: "",
}
APPROVAL = {
    ApprovalStatus.AWAITING: "warning",
    ApprovalStatus.APPROVED: "success",
    ApprovalStatus.DECLINED: "danger",
    ApprovalStatus.EXPIRED: "",
    ApprovalStatus.FAILED: "danger",
    ApprovalStatus.WITHDRAWN: "",
}
LEDGER = {
    TransactionType.DEDUCTION: "",
    TransactionType.ADJUSTMENT: "warning",
    TransactionType.REVERSAL: "warning",
}
HOLD = {
    HoldStatus.HELD: "info",
    HoldStatus.COMMITTED: "success",
    HoldStatus.RELEASED: "",
    HoldStatus.EXPIRED: "warning",
}
AUDIT = {AuditEvent.Result.DONE: "success", AuditEvent.Result.REFUSED: "danger"}
# Of a file by its state, of a run by its own.
IMPORT = {
    "imported": "success",
    RunState.DONE: "success",
    RunState.RUNNING: "info",
    "ready": "info",
    RunState.QUEUED: "warning",
    "silent": "warning",
    RunState.FAILED: "danger",
    "errors": "danger",
    RunState.CANCELLED: "",
}
