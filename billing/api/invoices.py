"""An account's invoices."""

from django.db import models
from rest_framework import serializers

from billing.models import Invoice, InvoiceStatus
from tenancy.api.calls import Call
from tenancy.api.fields import Id, Moment
from tenancy.api.gate import Blocked
from tenancy.api.lookup import found
from tenancy.api.operations import operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.permissions import IsOwnerOrAdmin
from tenancy.api.shapes import Answer
from tenancy.api.views import ApiView
from tenancy.models import Currency


class InvoiceAnswer(Answer):
    id = Id()
    number = serializers.CharField()
    plan = serializers.CharField(source="plan.slug")
    included_credits = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.ChoiceField(Currency.choices)
    issued_on = serializers.DateField()
    due_on = serializers.DateField()
    status = serializers.ChoiceField(InvoiceStatus.choices)
    settled_at = Moment(allow_null=True, help_text="When it was paid or voided.")


class InvoicesView(ApiView):
    @operation(
        "List invoices",
        rights=[IsOwnerOrAdmin],
        query=PageQuery,
        answer=paged(InvoiceAnswer),
        blocked=Blocked.READS,
    )
    def get(self, call: Call) -> dict[str, object]:
        return page(_of(call), by="id", request=call.request, query=call.query)


class InvoiceView(ApiView):
    @operation(
        "Show an invoice", rights=[IsOwnerOrAdmin], answer=InvoiceAnswer, blocked=Blocked.READS
    )
    def get(self, call: Call, invoice_id: str) -> Invoice:
        return found(call, _of(call), invoice_id)


def _of(call: Call) -> models.QuerySet[Invoice]:
    return Invoice.objects.filter(account=call.account).select_related("plan")
