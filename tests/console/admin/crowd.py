"""Twenty and more rows of everything a list shows, each with related objects of its own."""

from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group

from billing.models import (
    Allocation,
    Approval,
    BankStatement,
    GrantLimit,
    LedgerProof,
    PayerLink,
    StatementLine,
)
from tenancy.models import SiteUserAccess, SyncEvent
from tenancy.services import api_keys
from tests.factories import (
    NOW,
    REASON,
    make_account,
    make_hold,
    make_industry,
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
        statement = BankStatement.objects.create(
            bank="Test",
            file_name=f"{number}.csv",
            file_sha256=f"{number:064}",
            line_count=1,
            sum_in=89,
            sum_out=0,
            imported_at=NOW,
            imported_by=staff,
        )
        line = StatementLine.objects.create(
            statement=statement,
            line_number=1,
            booked_on=date(2025, 11, 1),
            value_date=date(2025, 11, 1),
            amount=Decimal(89),
            fingerprint=f"{number:064}",
        )
        Allocation.objects.create(
            line=line, payment=payment, amount=Decimal(89), created_at=NOW, created_by=staff
        )
        PayerLink.objects.create(
            payer_key=f"payer {number}", account=account, created_at=NOW, created_by=staff
        )
        Approval.objects.create(
            account=account,
            verb="credits.grant",
            facts={"amount": 5000},
            facts_sha256="0" * 64,
            reason=REASON,
            requested_at=NOW,
            requested_by=staff,
            expires_at=NOW + timedelta(days=1),
        )
        LedgerProof.objects.create(at=NOW, accounts=1, transactions=1, duration_ms=1)
        GrantLimit.objects.create(
            group=Group.objects.create(name=f"Group {number}"), per_grant=1, per_day=2
        )
