"""Paying by bank transfer: asked for, shown with how to pay, withdrawn, confirmed."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.models import Payment, PaymentStatus
from billing.services import bank_transfers
from billing.services.bank_transfers import Receipt
from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.fields import Choice, Day, Id, Moment, Money, Text
from tenancy.api.gate import Blocked
from tenancy.api.lookup import found
from tenancy.api.operations import operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.permissions import (
    ActsForAnotherAccount,
    IsAdminOrOwner,
    IsOwnerOrAdmin,
    IsSystemAccountOrDeveloper,
)
from tenancy.api.problems import ApiError, at
from tenancy.api.reasons import reason_of
from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView
from tenancy.models import Currency, PaymentMethod, Plan


class NewTransferBody(Body):
    plan = Text(max_length=60, help_text="The slug of a plan with a price.")


class ConfirmBody(Body):
    """The facts of the received transfer, as the bank tells them."""

    amount = Money()
    currency = Choice(Currency.choices)
    value_date = Day()
    bank_transaction_id = Text(max_length=100)
    payer = Text()
    reason = Text(max_length=1_000)


class Instructions(Answer):
    account_name = serializers.CharField()
    iban = serializers.CharField()
    bic = serializers.CharField()
    bank_name = serializers.CharField()
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.ChoiceField(Currency.choices)
    reference = serializers.CharField(help_text="To be written on the transfer.")


class TransferAnswer(Answer):
    id = Id()
    reference = serializers.CharField()
    plan = serializers.CharField(source="invoice.plan.slug")
    invoice = serializers.CharField(source="invoice.number")
    amount = serializers.DecimalField(max_digits=10, decimal_places=2, source="expected_amount")
    received = serializers.DecimalField(max_digits=10, decimal_places=2, source="received_total")
    currency = serializers.ChoiceField(Currency.choices)
    status = serializers.ChoiceField(PaymentStatus.choices)
    opened_at = Moment()
    due_on = serializers.DateField(source="invoice.due_on")
    confirmed_at = Moment(allow_null=True)
    instructions = serializers.SerializerMethodField()

    @extend_schema_field(Instructions(allow_null=True))
    def get_instructions(self, payment: Payment) -> dict[str, object] | None:
        """How to pay it, while it is open."""
        if not payment.is_open:
            return None
        return {
            **settings.BANK_DETAILS,
            "amount": str(payment.expected_amount - payment.received_total),
            "currency": payment.currency,
            "reference": payment.reference,
        }


class TransfersView(ApiView):
    @operation(
        "List bank transfers",
        rights=[IsOwnerOrAdmin],
        query=PageQuery,
        answer=paged(TransferAnswer),
        blocked=Blocked.READS,
    )
    def get(self, call: Call) -> dict[str, object]:
        return page(_of(call), by="id", request=call.request, query=call.query)

    @operation(
        "Ask to pay by bank transfer",
        rights=[IsAdminOrOwner],
        body=NewTransferBody,
        answer=TransferAnswer,
        status=201,
        blocked=Blocked.PAYS,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call) -> Payment:
        """An invoice, and a transfer to wait for, with how to pay. One is open at a time."""
        # Also a plan agreed on by hand, for the account that is on it.
        offered = models.Q(is_public=True) | models.Q(pk=call.account.plan_id)
        plan = Plan.objects.filter(offered, slug=call.data["plan"]).first()
        if plan is None:
            fault = at("/plan", "does_not_exist", "There is no such plan on offer.")
            raise ApiError(Code.VALIDATION_ERROR, errors=[fault])
        return bank_transfers.open(
            account=call.account,
            plan=plan,
            by=call.user,
            reason=reason_of(call),
            now=timezone.now(),
        )


class TransferView(ApiView):
    @operation(
        "Show a bank transfer and how to pay it",
        rights=[IsOwnerOrAdmin],
        answer=TransferAnswer,
        blocked=Blocked.READS,
    )
    def get(self, call: Call, transfer_id: str) -> Payment:
        return found(call, _of(call), transfer_id)


class WithdrawView(ApiView):
    @operation(
        "Withdraw a bank transfer",
        rights=[IsAdminOrOwner],
        answer=TransferAnswer,
        blocked=Blocked.PAYS,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call, transfer_id: str) -> Payment:
        """The customer does not pay after all: its invoice is void, and another plan can be asked
        for. Not while a part has come: then support helps."""
        return bank_transfers.reject(
            payment=found(call, _of(call), transfer_id),
            by=call.user,
            reason=reason_of(call),
            now=timezone.now(),
        )


class ConfirmView(ApiView):
    @operation(
        "Confirm a received bank transfer",
        rights=[IsSystemAccountOrDeveloper, ActsForAnotherAccount],
        body=ConfirmBody,
        answer=TransferAnswer,
        blocked=Blocked.PAYS,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call, transfer_id: str) -> Payment:
        """For the company's own programs, naming the customer in X-Account."""
        facts = dict(call.data)
        reason = facts.pop("reason")
        return bank_transfers.confirm(
            payment=found(call, _of(call), transfer_id),
            receipt=Receipt(**facts),
            by=call.user,
            reason=reason,
            now=timezone.now(),
        )


def _of(call: Call) -> models.QuerySet[Payment]:
    return Payment.objects.filter(
        account=call.account, method=PaymentMethod.BANK_TRANSFER
    ).select_related("invoice__plan", "account__plan", "account__subscription", "confirmed_by")
