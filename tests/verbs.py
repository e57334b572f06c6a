"""Every verb of tenancy and billing, each with an ordinary case, for the rules that hold for all.

`build` makes the objects and returns the arguments; `who` (the actor), `reason` and `ticket_url`
are added by the caller. `again` is the refusal of the same call made twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from billing.models import (
    CreditCost,
    CreditTransaction,
    GrantLimit,
    Operation,
    Payment,
    TransactionType,
)
from billing.services import (
    allocations,
    approvals,
    bank_transfers,
    credit_costs,
    credits,
    grant_limits,
    line_verbs,
    links,
    onboarding,
    proof,
    reactivation,
    reconciliation,
    retention,
    reversals,
    splits,
    statement_previews,
    statement_uploads,
    statements,
    unapplied,
    write_offs,
)
from billing.services.approval_rules import AlreadyDecided
from tenancy.errors import NothingChanged, ServiceError, StateConflict
from tenancy.models import Account, AccountStatus, SuspensionReason, User
from tenancy.roles import Role
from tenancy.services import (
    accounts,
    api_keys,
    invitations,
    invitees,
    lifecycle,
    limits,
    notes,
    ownership,
    password_links,
    plans,
    purging,
    sectors,
    site_access,
    sites,
    staff,
    users,
)
from tests.factories import (
    DAY,
    NOW,
    confirm,
    make_account,
    make_approval,
    make_group,
    make_ledger_row,
    make_line,
    make_note,
    make_plan,
    make_receipt,
    make_sector,
    make_site,
    make_staff,
    make_user,
    open_transfer,
    put,
    put_unapplied,
)
from tests.planting import freeze

Arguments = dict[str, object]


def somebody_of_finance(_: Arguments) -> User:
    return make_staff()


@dataclass(frozen=True)
class Verb:
    service: Callable[..., object]
    build: Callable[[Account], Arguments]
    again: type[ServiceError] | None
    works_on_deleted: bool = False
    status: AccountStatus = AccountStatus.ACTIVE
    # The rule that nobody acts on their own account: not for plans and limits, which have none.
    has_account: bool = True
    # Who does it in the ordinary case, where that is not anybody of Finance.
    who: Callable[[Arguments], User] = somebody_of_finance
    # Carries out what another person asked for: part of what it writes is in their name.
    for_another: bool = False

    @property
    def name(self) -> str:
        return f"{self.service.__module__.rsplit('.', 1)[-1]}.{self.service.__name__}"

    @property
    def refuses_deleted(self) -> bool:
        return self.has_account and not self.works_on_deleted

    def account(self) -> Account:
        return make_account(status=self.status, credits=1000)


def _account(account: Account) -> Arguments:
    return {"account": account, "now": NOW}


def _transfer(account: Account) -> Arguments:
    return {"payment": open_transfer(account), "now": NOW}


def _confirm(account: Account) -> Arguments:
    payment = open_transfer(account)
    return {"payment": payment, "receipt": make_receipt(payment), "now": NOW}


def _two_heads(account: Account) -> Arguments:
    make_user(account)
    return {"user": make_user(account, role=Role.ADMIN)}


def _owned(account: Account) -> Arguments:
    put(account, owner=make_user(account))
    return {"user": make_user(account, role=Role.EDITOR)}


def _given(account: Account) -> Arguments:
    access = site_access.give(
        site=make_site(account),
        user=make_user(account, role=Role.EDITOR),
        by=None,
        reason="Works on it",
    )
    return {"site": access.site, "user": access.user}


def _key(account: Account) -> Arguments:
    site = make_site(account)
    api_keys.rotate(site=site, overlap_hours=0, by=None, reason="First key", now=NOW)
    return {"site": site, "now": NOW}


def _deleted(account: Account) -> Arguments:
    accounts.soft_delete(account=account, by=None, reason="Asked by mail", now=NOW)
    return {"account": account, "now": NOW}


def _over(account: Account) -> Arguments:
    make_user(account)
    put(account, is_deleted=True, deleted_at=NOW - 14 * DAY, restore_until=NOW)
    return {"account": account, "now": NOW}


def _frozen(account: Account) -> Arguments:
    freeze(account)
    return {"account": account}


def _request(account: Account) -> Arguments:
    return {"approval": make_approval(account, reason="Two weeks of outage"), "now": NOW}


def _approver(_: Arguments) -> User:
    return make_staff("Approver")


def _requester(arguments: Arguments) -> User:
    return arguments["approval"].requested_by


def change_of_limit(_: Account) -> Arguments:
    limit = GrantLimit.objects.get(group=make_group("Support"))
    return {"limit": limit, "per_grant": 300, "per_day": 900}


def change_of_cost(_: Account) -> Arguments:
    cost, _ = CreditCost.objects.update_or_create(
        operation=Operation.CLUSTERING, defaults={"unit": "fixed", "credits": 10}
    )
    return {"cost": cost, "unit": "fixed", "credits": 12}


def _new_account(_: Account) -> Arguments:
    plan = make_plan(trial_days=14)
    return {"name": "New Shop", "slug": "new-shop", "plan": plan, "now": NOW}


def _row(account: Account) -> CreditTransaction:
    return make_ledger_row(account, amount=-40, type=TransactionType.DEDUCTION)


def _new_line(_: Account) -> Arguments:
    return {"line": make_line(Decimal("89.00"))}


def _line(account: Account) -> Arguments:
    return _new_line(account) | {"now": NOW}


def _line_and_transfer(account: Account) -> Arguments:
    return _line(account) | {"payment": open_transfer(account)}


def _split(account: Account) -> Arguments:
    parts = [
        splits.Part(Decimal("80.00"), payment=open_transfer(account)),
        splits.Part(Decimal("9.00"), account=make_account()),
    ]
    return _line(account) | {"parts": parts}


def _line_of_confirmed(account: Account) -> Arguments:
    payment = open_transfer(account)
    confirm(payment, by=make_staff(), bank_transaction_id="BY-HAND")
    line = make_line(Decimal("100.00"), bank_transaction_id="BY-HAND")
    return {"line": line, "payment": payment, "now": NOW}


def _held(account: Account) -> Arguments:
    arguments = _new_line(account)
    line_verbs.hold(by=make_staff(), reason="Who is it?", **arguments)
    return arguments


def _ignored(account: Account) -> Arguments:
    arguments = _line(account)
    line_verbs.ignore(by=make_staff(), reason="Interest", **arguments)
    return arguments


def partly_paid(account: Account, *, amount: str = "86.00") -> Payment:
    payment, line = open_transfer(account), make_line(Decimal(amount))
    facts = {"by": make_staff(), "reason": "On the statement", "now": NOW}
    reconciliation.apply(line=line, payment=payment, **facts)
    return payment


def _unapplied(account: Account) -> Arguments:
    return {"allocation": put_unapplied(account, "50.00"), "now": NOW}


def _paid_by_line(account: Account) -> Arguments:
    return {"payment": partly_paid(account, amount="100.00"), "now": NOW}


def _statement(_: Account) -> Arguments:
    upload = statement_uploads.upload(
        bank="West Bank",
        file_name="november.csv",
        content=b"Booking date;Amount;Currency;Payer\n2025-11-11;89.00;USD;Home G8\n",
        by=make_staff("Finance"),
        now=NOW,
    )
    return {
        "upload": upload,
        "fingerprint": statement_previews.preview(upload=upload).fingerprint,
        "now": NOW,
    }


PLAN_FACTS = {"name": "Solo", "price": Decimal("19.00"), "included_credits": 300}

VERBS = (
    Verb(
        plans.create,
        lambda _: {"slug": "solo", "facts": PLAN_FACTS},
        plans.PlanExists,
        has_account=False,
    ),
    Verb(
        plans.edit,
        lambda _: {"plan": make_plan(), "changes": {"price": Decimal("99.00")}},
        NothingChanged,
        has_account=False,
    ),
    Verb(
        plans.archive,
        lambda _: {"plan": make_plan(), "now": NOW},
        StateConflict,
        has_account=False,
    ),
    Verb(
        plans.unarchive,
        lambda _: {"plan": make_plan(archived_at=NOW, is_public=False)},
        StateConflict,
        has_account=False,
    ),
    Verb(accounts.create, _new_account, accounts.SlugTaken, has_account=False),
    Verb(
        onboarding.create_account,
        lambda account: _new_account(account) | {"owner_email": "new@shop.example"},
        accounts.SlugTaken,
        has_account=False,
    ),
    Verb(
        accounts.edit,
        lambda account: {"account": account, "changes": {"name": "New name"}},
        NothingChanged,
    ),
    Verb(accounts.soft_delete, _account, StateConflict),
    Verb(accounts.restore, _deleted, StateConflict, works_on_deleted=True),
    Verb(purging.purge, _over, accounts.AlreadyPurged, works_on_deleted=True),
    Verb(retention.purge, _over, accounts.AlreadyPurged, works_on_deleted=True),
    Verb(
        lifecycle.suspend,
        lambda account: {"account": account, "code": SuspensionReason.MANUAL, "now": NOW},
        StateConflict,
    ),
    Verb(lifecycle.cancel, _account, StateConflict),
    Verb(
        lifecycle.extend_trial,
        lambda account: {"account": account, "days": 7, "now": NOW},
        None,
        status=AccountStatus.TRIAL,
    ),
    Verb(
        users.add_owner,
        lambda account: {"account": account, "email": "owner@shop.example"},
        StateConflict,
        works_on_deleted=True,
        has_account=False,
    ),
    Verb(
        users.change_role,
        lambda account: {"user": make_user(account, role=Role.EDITOR), "role": Role.VIEWER},
        StateConflict,
    ),
    Verb(
        invitees.withdraw,
        lambda account: {"user": make_user(account, role=Role.EDITOR)},
        StateConflict,
    ),
    Verb(users.deactivate, _two_heads, StateConflict),
    Verb(ownership.hand_over, _owned, StateConflict),
    Verb(
        users.reactivate,
        lambda account: {"user": make_user(account, is_active=False)},
        StateConflict,
    ),
    Verb(password_links.send, lambda account: {"user": make_user(account)}, None),
    Verb(
        api_keys.rotate,
        lambda account: {"site": make_site(account), "overlap_hours": 0, "now": NOW},
        None,
    ),
    Verb(api_keys.revoke, _key, StateConflict, works_on_deleted=True),
    Verb(
        credits.grant,
        lambda account: {"account": account, "amount": 100, "now": NOW},
        None,
    ),
    Verb(
        credits.adjust,
        lambda account: {"account": account, "amount": -100, "now": NOW},
        None,
    ),
    Verb(
        credits.start,
        lambda _: {"account": make_account(), "type": TransactionType.OPENING, "amount": 454},
        StateConflict,
        has_account=False,
    ),
    Verb(credits.reverse, lambda account: {"entry": _row(account)}, credits.AlreadyReversed),
    Verb(
        bank_transfers.open,
        lambda account: {"account": account, "plan": make_plan(), "now": NOW},
        bank_transfers.AlreadyOpen,
        status=AccountStatus.TRIAL,
    ),
    Verb(
        bank_transfers.confirm,
        _confirm,
        bank_transfers.AlreadyConfirmed,
        status=AccountStatus.TRIAL,
    ),
    Verb(
        bank_transfers.reject,
        _transfer,
        StateConflict,
        works_on_deleted=True,
        status=AccountStatus.TRIAL,
    ),
    Verb(
        reconciliation.apply,
        _line_and_transfer,
        allocations.LineTaken,
        status=AccountStatus.TRIAL,
    ),
    Verb(
        splits.split,
        _split,
        allocations.LineTaken,
        status=AccountStatus.TRIAL,
        has_account=False,
    ),
    Verb(
        links.link,
        _line_of_confirmed,
        allocations.LineTaken,
        status=AccountStatus.TRIAL,
        works_on_deleted=True,
    ),
    Verb(
        reconciliation.put_on_account,
        lambda account: _line(account) | {"account": account},
        allocations.LineTaken,
    ),
    Verb(line_verbs.hold, _new_line, StateConflict, has_account=False),
    Verb(line_verbs.release, _held, StateConflict, has_account=False),
    Verb(line_verbs.ignore, _line, allocations.LineTaken, has_account=False),
    Verb(line_verbs.give_back, _line, allocations.LineTaken, has_account=False),
    Verb(line_verbs.reopen, _ignored, StateConflict, has_account=False),
    Verb(
        write_offs.write_off,
        lambda account: {"payment": partly_paid(account), "now": NOW},
        bank_transfers.AlreadyConfirmed,
        status=AccountStatus.TRIAL,
    ),
    Verb(
        unapplied.use,
        lambda account: _unapplied(account) | {"payment": open_transfer(account)},
        unapplied.MoneyUsed,
        status=AccountStatus.TRIAL,
    ),
    Verb(unapplied.give_back, _unapplied, unapplied.MoneyUsed, works_on_deleted=True),
    Verb(
        reversals.reverse,
        _paid_by_line,
        reversals.AlreadyReversed,
        status=AccountStatus.TRIAL,
    ),
    Verb(reactivation.reactivate, _account, StateConflict, status=AccountStatus.SUSPENDED),
    Verb(proof.unfreeze, _frozen, StateConflict, works_on_deleted=True),
    Verb(
        staff.add,
        lambda _: {"email": "new@igny8.example", "groups": [make_group("Support").name]},
        staff.AlreadyStaff,
        has_account=False,
    ),
    Verb(
        staff.set_groups,
        lambda _: {"user": make_staff("Finance"), "groups": [make_group("Support").name]},
        StateConflict,
        has_account=False,
    ),
    Verb(
        staff.announce_sign_in_link,
        lambda _: {"user": make_staff("Support")},
        None,
        has_account=False,
    ),
    Verb(
        staff.deactivate,
        lambda _: {"user": make_staff("Support")},
        StateConflict,
        has_account=False,
    ),
    Verb(
        staff.reactivate,
        lambda _: {"user": make_staff("Support", is_active=False)},
        StateConflict,
        has_account=False,
    ),
    Verb(
        notes.pin,
        lambda account: {"note": make_note(account)},
        StateConflict,
        works_on_deleted=True,
    ),
    Verb(
        notes.unpin,
        lambda account: {"note": make_note(account, pinned=True)},
        StateConflict,
        works_on_deleted=True,
    ),
    Verb(
        approvals.request,
        lambda account: {
            "account": account,
            "verb": "grant_credits",
            "facts": {"amount": 5000},
            "now": NOW,
        },
        None,
    ),
    Verb(
        approvals.approve,
        _request,
        AlreadyDecided,
        works_on_deleted=True,
        who=_approver,
        for_another=True,
    ),
    Verb(
        approvals.decline,
        _request,
        AlreadyDecided,
        works_on_deleted=True,
        who=_approver,
    ),
    Verb(
        approvals.withdraw,
        _request,
        AlreadyDecided,
        works_on_deleted=True,
        who=_requester,
    ),
    Verb(statements.import_, _statement, statement_uploads.AlreadyImported, has_account=False),
    Verb(grant_limits.edit, change_of_limit, StateConflict, has_account=False),
    Verb(credit_costs.edit, change_of_cost, StateConflict, has_account=False),
    Verb(
        sites.create,
        lambda account: {"account": account, "facts": {"name": "Garden blog"}},
        limits.PlanLimitReached,
    ),
    Verb(
        sites.update,
        lambda account: {"site": make_site(account), "changes": {"name": "New name"}},
        NothingChanged,
    ),
    Verb(sites.delete, lambda account: {"site": make_site(account), "now": NOW}, StateConflict),
    Verb(
        site_access.give,
        lambda account: {
            "site": make_site(account),
            "user": make_user(account, role=Role.EDITOR),
        },
        NothingChanged,
    ),
    Verb(site_access.take, _given, NothingChanged),
    Verb(
        sectors.create,
        lambda account: {"site": make_site(account), "name": "Roses"},
        sectors.SectorInUse,
    ),
    Verb(
        sectors.update,
        lambda account: {"sector": make_sector(make_site(account)), "name": "Roses"},
        StateConflict,
    ),
    Verb(
        sectors.delete,
        lambda account: {"sector": make_sector(make_site(account))},
        StateConflict,
    ),
    Verb(
        invitations.invite,
        lambda account: {"account": account, "email": "new@shop.example", "role": Role.EDITOR},
        None,
    ),
)
