"""Twenty and more rows of everything a list shows, each with related objects of its own."""

from decimal import Decimal

from django.contrib.auth.models import Group

from billing.models import (
    BankFormat,
    GrantLimit,
    LedgerProof,
    MoneyProof,
    PayerLink,
)
from tenancy.models import SiteUserAccess, SyncEvent
from tenancy.services import api_keys
from tests.factories import (
    NOW,
    REASON,
    make_account,
    make_activation,
    make_allocation,
    make_approval,
    make_hold,
    make_import,
    make_industry,
    make_line,
    make_note,
    make_sector,
    make_site,
    make_staff,
    make_subscription,
    make_user,
    open_transfer,
    put,
)

SIZE = 22


def make_crowd() -> None:
    for number in range(SIZE):
        account = make_account(credits=100 + number)
        make_hold(account)
        person = make_user(account)
        put(account, owner=person)
        staff = make_staff("Finance")
        site = make_site(account, industry=make_industry())
        make_sector(site)
        SiteUserAccess.objects.create(account=account, site=site, user=person)
        api_keys.rotate(site=site, overlap_hours=0, by=staff, reason=REASON, now=NOW)
        SyncEvent.objects.create(account=account, site=site, event_type="sync")
        make_subscription(account)
        payment = open_transfer(account)
        make_allocation(make_line(Decimal(89), by=staff), payment)
        make_activation(payment, by=staff)
        BankFormat.objects.create(bank=f"Bank {number}", updated_at=NOW, updated_by=staff)
        PayerLink.objects.create(
            payer_key=f"payer {number}", account=account, created_at=NOW, created_by=staff
        )
        make_approval(account, requested_by=staff)
        make_note(account, by=staff)
        make_import(staff)
        LedgerProof.objects.create(at=NOW, accounts=1, transactions=1, duration_ms=1)
        MoneyProof.objects.create(at=NOW, payments=1, by_hand=0, lines=1, duration_ms=1)
        GrantLimit.objects.create(
            group=Group.objects.create(name=f"Group {number}"), per_grant=1, per_day=2
        )
