from billing.models.activation import Activation
from billing.models.approval import DECIDED_BY_ANOTHER, Approval, ApprovalStatus
from billing.models.bank_statement import (
    OPEN_LINE,
    Allocation,
    BankFormat,
    BankStatement,
    LineState,
    PayerLink,
    Place,
    StatementLine,
)
from billing.models.credit_balance import CreditBalance
from billing.models.credit_cost import CostUnit, CreditCost, Operation
from billing.models.credit_hold import CreditHold, HoldStatus
from billing.models.credit_transaction import MAX_AMOUNT, CreditTransaction, TransactionType
from billing.models.grant_limit import GrantLimit
from billing.models.idempotency_record import IdempotencyRecord
from billing.models.invoice import Invoice, InvoiceCounter, InvoiceStatus
from billing.models.ledger_proof import LedgerProof
from billing.models.money_proof import MoneyProof
from billing.models.payment import OPEN_PAYMENT, Payment, PaymentStatus
from billing.models.statement_upload import StatementUpload
from billing.models.subscription import Subscription, SubscriptionStatus

__all__ = [
    "DECIDED_BY_ANOTHER",
    "MAX_AMOUNT",
    "OPEN_LINE",
    "OPEN_PAYMENT",
    "Activation",
    "Allocation",
    "Approval",
    "ApprovalStatus",
    "BankFormat",
    "BankStatement",
    "CostUnit",
    "CreditBalance",
    "CreditCost",
    "CreditHold",
    "CreditTransaction",
    "GrantLimit",
    "HoldStatus",
    "IdempotencyRecord",
    "Invoice",
    "InvoiceCounter",
    "InvoiceStatus",
    "LedgerProof",
    "LineState",
    "MoneyProof",
    "Operation",
    "PayerLink",
    "Payment",
    "PaymentStatus",
    "Place",
    "StatementLine",
    "StatementUpload",
    "Subscription",
    "SubscriptionStatus",
    "TransactionType",
]
