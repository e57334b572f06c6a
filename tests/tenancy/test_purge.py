"""A deleted account whose time is over: its people are forgotten, its books still prove."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from billing.models import Allocation, PayerLink, Payment, Place
from billing.services import (
    bank_transfers,
    line_verbs,
    money_proof,
    onboarding,
    proof,
    reconciliation,
    retention,
)
from billing.services.retention import MoneyWaits
from tenancy.errors import StateConflict
from tenancy.models import Account, ApiKey, AuditEvent, Site, SyncEvent, User
from tenancy.records import record
from tenancy.roles import Role
from tenancy.services import (
    accounts,
    api_keys,
    invitees,
    notes,
    purging,
    site_access,
    sites,
    users,
)
from tenancy.services.accounts import AlreadyPurged
from tests.conftest import World
from tests.digest import business_tables, digest, nothing_changes, refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    confirm,
    make_account,
    make_line,
    make_plan,
    make_staff,
    make_user,
    open_transfer,
    put,
)
from tests.mailing import forget_queue, work_off
from tests.sql import run

# In every text that is the customer's own; nothing with it may be left.
CANARY = "quetzal"
OVER = NOW + 15 * DAY
ADDRESS = {
    f"billing_address_{part}": f"{CANARY} {part}"[:20]
    for part in ("line1", "line2", "city", "state", "postal_code")
}
# The bank's own words are kept as long as the books are.
KEPT = {"igny8_statement_lines"}
BOOKS = ("igny8_credit_transactions", "igny8_credit_balances", "igny8_allocations")


def tables_that_tell_of(word: str) -> set[str]:
    with connection.cursor() as cursor:
        found = set()
        for table in business_tables():
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text ILIKE %s)",  # noqa: S608
                [f"%{word}%"],
            )
            if cursor.fetchone()[0]:
                found.add(table)
        return found


@pytest.fixture
def customer(world: World) -> Account:
    """Whoever they met in the console, their name is in the records of it."""
    fiona = world.fiona
    account = onboarding.create_account(
        name=f"{CANARY} Ltd",
        slug=CANARY,
        plan=make_plan(trial_days=14, max_users=9, max_sites=9),
        owner_email=f"{CANARY}@home.example",
        invites_owner=True,
        by=fiona,
        reason=REASON,
        now=NOW,
        facts={"billing_email": f"books@{CANARY}.example", "billing_address_country": "PK"}
        | ADDRESS,
    )
    assert [CANARY in letter.subject for letter in work_off()] == [True]
    put(account, stripe_customer_id=f"cus_{CANARY}")
    owner = account.owner
    editor = make_user(account, role=Role.EDITOR, email=f"ed@{CANARY}.example", name=CANARY)
    editor.set_password("correct horse battery staple")
    editor.save()
    accounts.edit(account=account, changes={"name": f"{CANARY} AG"}, by=owner, reason=REASON)
    users.change_role(user=editor, role=Role.VIEWER, by=owner, reason=REASON)
    site = sites.create(
        account=account,
        facts={
            "name": CANARY,
            "domain": f"{CANARY}.example",
            "wp_url": f"https://{CANARY}.example",
            "wp_username": CANARY,
            "wp_app_password": CANARY,
        },
        by=owner,
        reason=REASON,
    )
    sites.update(site=site, changes={"name": f"{CANARY} 2"}, by=owner, reason=REASON)
    invited = make_user(account, role=Role.VIEWER, email=f"new@{CANARY}.example")
    site_access.give(site=site, user=invited, by=owner, reason=REASON)
    invitees.withdraw(user=invited, by=owner, reason=REASON)
    api_keys.rotate(site=site, overlap_hours=0, by=owner, reason=REASON, now=NOW)
    SyncEvent.objects.create(
        account=account, site=site, event_type="sync", message=f"Hello {CANARY}"
    )
    confirm(open_transfer(account, now=NOW), by=fiona, payer=f"{CANARY} payer")
    reconciliation.apply(
        line=make_line(Decimal("89.00"), by=fiona, payer_name=f"{CANARY} bank"),
        payment=open_transfer(account, now=NOW),
        by=fiona,
        reason=REASON,
        now=NOW,
    )
    open_transfer(account, now=NOW)
    notes.write(account=account, text=f"Mr {CANARY} is kind", pinned=True, by=fiona, now=NOW)
    for reason in (REASON, f"{CANARY} AG is active already."):
        record(
            "suspend",
            by=fiona,
            reason=reason,
            target=account,
            account=account,
            after={"refused_because": f"{CANARY} AG is active already."},
            result=AuditEvent.Result.REFUSED,
        )
    account.refresh_from_db()
    accounts.soft_delete(account=account, by=world.adam, reason=REASON, now=NOW)
    forget_queue()
    return account


def purge(account: Account, **overrides: object) -> Account:
    facts = {"by": None, "reason": "Its time was over", "now": OVER}
    return retention.purge(account=account, **facts | overrides)


def test_nothing_of_the_customer_is_left_but_what_the_bank_wrote(
    customer: Account, world: World
) -> None:
    told_before = tables_that_tell_of(CANARY)
    assert told_before >= {
        "igny8_tenants",
        "igny8_tenant_history",
        "igny8_users",
        "igny8_user_history",
        "igny8_sites",
        "igny8_site_history",
        "igny8_audit_events",
        "igny8_payments",
        "igny8_payment_history",
        "igny8_payer_links",
        "igny8_sync_events",
        "igny8_notes",
    }
    events = [
        (verb, at, actor, "removed" if CANARY in reason else reason)
        for verb, at, actor, reason in _events(customer)
    ]
    books = {table: rows for table, rows in digest().items() if table in BOOKS}

    purge(customer)

    assert tables_that_tell_of(CANARY) == KEPT
    customer.refresh_from_db()
    assert (customer.name, customer.slug) == (
        f"Removed customer {customer.pk}",
        f"removed-{customer.pk}",
    )
    assert (customer.purged_at, customer.billing_address_country) == (OVER, "")
    for person in customer.users.all():
        assert person.email == f"removed-{person.pk}@removed.invalid"
        assert not person.is_active
        assert not person.has_usable_password()
    # Who, when, what and why stay.
    kept = _events(customer)
    assert kept[: len(events)] == events
    assert [verb for verb, *_ in kept[len(events) :]] == [
        "bank_transfer_rejected",
        "account_purged",
    ]
    edited = customer.audit_events.get(verb="account_edited")
    assert (edited.actor_label, edited.before) == ("removed", {"name": "removed"})
    confirmed = customer.audit_events.filter(verb="bank_transfer_confirmed").earliest("id")
    assert (confirmed.actor_label, confirmed.after["payer"]) == (world.fiona.email, "removed")
    assert confirmed.after["received_total"] == "89.00"
    # So do the books, and they prove.
    assert {table: digest()[table] for table in BOOKS} == books
    assert customer.invoices.filter(status="paid").count() == 2
    assert proof.differences() == []
    assert money_proof.find().differences == []
    # Others are as they were.
    assert {"igny8_tenants", "igny8_tenant_history"} <= tables_that_tell_of("home-g8")
    assert "igny8_audit_events" in tables_that_tell_of(world.fiona.email)


def _events(account: Account) -> list[tuple]:
    return list(account.audit_events.order_by("id").values_list("verb", "at", "actor_id", "reason"))


def test_no_credential_of_it_works_again(customer: Account, client: Client) -> None:
    site = Site.objects.get(account=customer)
    hashes = set(ApiKey.objects.values_list("key_hash", flat=True))

    purge(customer)

    site.refresh_from_db()
    assert (site.wp_app_password, site.is_active) == ("", False)
    for key in ApiKey.objects.all():
        assert key.key_hash not in hashes
        assert (key.revoked_at, key.revoked_reason) == (OVER, "Its time was over")
    assert not PayerLink.objects.exists()
    assert not Payment.objects.filter(status="awaiting").exists()


def test_it_is_done_once_and_never_restored(customer: Account, world: World) -> None:
    purge(customer)

    for again in (
        lambda: purge(customer),
        lambda: purging.purge(account=customer, by=None, reason=REASON, now=OVER),
        lambda: accounts.restore(account=customer, by=world.adam, reason=REASON, now=OVER),
    ):
        with refused(AlreadyPurged, says="was removed for good on 2025-11-27 09:30 UTC"):
            again()
    with nothing_changes(), pytest.raises(IntegrityError, match="tenant_purged_after_its_time"):
        run(
            "UPDATE igny8_tenants SET is_deleted = false, deleted_at = NULL,"
            " restore_until = NULL, deleted_by_id = NULL WHERE id = %s",
            customer.pk,
        )


def test_not_before_its_time(customer: Account, world: World) -> None:
    assert not purging.due(now=customer.restore_until - DAY).exists()
    assert list(purging.due(now=customer.restore_until)) == [customer]
    with refused(StateConflict, says="can be restored until 2025-11-26 09:30 UTC"):
        purge(customer, now=customer.restore_until - DAY)
    with refused(StateConflict, says="is not deleted"):
        purge(world.home)
    with nothing_changes(), pytest.raises(IntegrityError, match="tenant_purged_after_its_time"):
        run("UPDATE igny8_tenants SET purged_at = now() WHERE id = %s", world.home.pk)


def test_money_that_waits_is_returned_first(customer: Account, world: World) -> None:
    payment = Payment.objects.get(status="awaiting")
    accounts.restore(account=customer, by=world.adam, reason=REASON, now=NOW)
    line = make_line(Decimal("9.00"), by=world.fiona)
    reconciliation.apply(line=line, payment=payment, by=world.fiona, reason=REASON, now=NOW)
    accounts.soft_delete(account=customer, by=world.adam, reason=REASON, now=NOW)

    with refused(MoneyWaits, says="9.00 of quetzal AG lies here without use. Return it first"):
        purge(customer)
    bank_transfers.reject(payment=payment, by=world.fiona, reason=REASON, now=NOW)
    with refused(MoneyWaits, says="9.00 of quetzal AG"):
        purge(customer)

    (waits,) = Allocation.objects.filter(place=Place.UNAPPLIED)
    line_verbs.reopen(line=waits.line, by=world.fiona, reason=REASON, now=NOW)
    waits.line.refresh_from_db()
    line_verbs.give_back(line=waits.line, by=world.fiona, reason=REASON, now=NOW)
    purge(customer)
    assert tables_that_tell_of(CANARY) == KEPT


def test_staff_who_belong_to_it_only_leave_it(customer: Account) -> None:
    insider = make_staff("Support", account=customer, role=Role.OWNER, email="in@igny8.example")
    put(customer, owner=insider)
    site = Site.objects.get(account=customer)
    insider.site_accesses.create(account=customer, site=site)

    purge(customer)

    insider.refresh_from_db()
    assert (insider.email, insider.is_active) == ("in@igny8.example", True)
    assert (insider.account, insider.role) == (None, "")
    customer.refresh_from_db()
    assert customer.owner is None


REFUSED = "is append-only|is never edited"
BLANKS = {
    "a name": "UPDATE igny8_tenant_history SET name = 'removed'",
    "an e-mail": "UPDATE igny8_user_history SET email = 'removed'",
    "a label": "UPDATE igny8_audit_events SET target_label = 'removed'",
    "a note": "UPDATE igny8_notes SET text = 'removed'",
}
REWRITES = {
    "another name": "UPDATE igny8_tenant_history SET name = 'Somebody'",
    "another status": "UPDATE igny8_tenant_history SET status = 'active', name = 'removed'",
    "another person": "UPDATE igny8_audit_events SET actor_label = 'eve@example.com'",
    "another reason": "UPDATE igny8_audit_events SET reason = 'removed'",
    "another fact": """UPDATE igny8_audit_events SET after = '{"received_total": "1.00"}'""",
    "another address": "UPDATE igny8_audit_events SET ip = '10.0.0.1'",
    "a removed row": "DELETE FROM igny8_audit_events",
    "a removed history": "DELETE FROM igny8_user_history",
    "a note": "UPDATE igny8_notes SET text = 'Somebody'",
    "a payer": "UPDATE igny8_payment_history SET payer = 'Somebody'",
    "an amount": "UPDATE igny8_payment_history SET payer = '', received_total = 1",
}


def test_the_records_of_living_accounts_are_as_closed_as_ever(
    customer: Account, world: World
) -> None:
    with nothing_changes():
        for statement in [*BLANKS.values(), *REWRITES.values()]:
            with pytest.raises(IntegrityError, match=REFUSED):
                run(statement)
        with pytest.raises(IntegrityError, match="is not purged"):
            run("SELECT igny8_forget_account(%s)", customer.pk)


def test_of_a_purged_account_they_can_be_emptied_and_never_rewritten(customer: Account) -> None:
    purge(customer)
    theirs = {
        "igny8_tenant_history": "id",
        "igny8_user_history": "account_id",
        "igny8_audit_events": "account_id",
        "igny8_payment_history": "account_id",
        "igny8_notes": "account_id",
    }

    for statement in REWRITES.values():
        table = next(table for table in theirs if table in statement)
        of_account = f"{statement} WHERE {theirs[table]} = %s"
        with nothing_changes(), pytest.raises(IntegrityError, match=REFUSED):
            run(of_account, customer.pk)


def test_a_removed_name_may_be_taken_by_somebody(world: World) -> None:
    first = make_account(deleted=True, restore_until=NOW)
    make_account(slug=f"removed-{first.pk}")

    purging.purge(account=first, by=None, reason=REASON, now=NOW)

    assert first.slug == f"removed-{first.pk}-2"
    assert User.objects.filter(account=first).count() == 0
