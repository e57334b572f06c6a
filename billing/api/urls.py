"""The calls of MONEY: signing up (it gives credits), the account, credits, holds, billing."""

from django.urls import path

from billing.api import (
    account,
    bank_transfers,
    batches,
    credits,
    holds,
    invoices,
    registration,
    subscription,
)

urlpatterns = [
    # The call made most comes first: paths are tried in this order.
    path("credits/deduct/", credits.DeductView.as_view()),
    path("credits/", credits.BalanceView.as_view()),
    path("credits/transactions/", credits.TransactionsView.as_view()),
    path("credits/costs/", credits.CostsView.as_view()),
    path("credits/check/", credits.CheckView.as_view()),
    path("credits/deduct-many/", batches.DeductManyView.as_view()),
    path("credits/holds/", holds.HoldsView.as_view()),
    path("credits/holds/<str:hold_id>/commit/", holds.CommitHoldView.as_view()),
    path("credits/holds/<str:hold_id>/release/", holds.ReleaseHoldView.as_view()),
    path("auth/register/", registration.RegisterView.as_view()),
    path("account/", account.AccountView.as_view()),
    path("billing/subscription/", subscription.SubscriptionView.as_view()),
    path("billing/invoices/", invoices.InvoicesView.as_view()),
    path("billing/invoices/<str:invoice_id>/", invoices.InvoiceView.as_view()),
    path("billing/bank-transfers/", bank_transfers.TransfersView.as_view()),
    path("billing/bank-transfers/<str:transfer_id>/", bank_transfers.TransferView.as_view()),
    path(
        "billing/bank-transfers/<str:transfer_id>/withdraw/",
        bank_transfers.WithdrawView.as_view(),
    ),
    path("billing/bank-transfers/<str:transfer_id>/confirm/", bank_transfers.ConfirmView.as_view()),
]
