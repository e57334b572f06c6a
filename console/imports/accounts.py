"""Accounts from CSV: new ones are created, known ones change their contact data, nothing else."""

from collections.abc import Iterable, Mapping, Sequence

from billing.models import MAX_AMOUNT
from billing.services import onboarding
from console.imports import cells as read
from console.imports.importer import (
    Column,
    Importer,
    RowRefused,
    Who,
    as_cells,
    cells_of,
    changed_cells,
    new_cells,
)
from console.imports.outcome import Cell, Change, RowOutcome
from console.imports.plan_choice import PlanChoice
from tenancy.emails import lookup_form, stored_form
from tenancy.errors import InvalidValue
from tenancy.models import Account, PaymentMethod, User
from tenancy.records import refuse_own_account
from tenancy.services import accounts, users

CONTACT = ("name", "billing_email", "payment_method")
ELSEWHERE = "Take this column out; {} on the account’s page."
NOT_A_BALANCE = (
    "Credits are never set by a file: each balance follows from its ledger. New accounts start "
    "with opening_credits; for the others use Grant or Adjust credits."
)


def opening(cell: str) -> int | None:
    return read.whole(cell) if cell else None


class AccountImporter(Importer):
    noun = "account"
    plural = "accounts"
    permission = "tenancy.import_account"
    columns = (
        Column(
            "slug",
            "The account’s key: lower-case letters, digits, hyphens.",
            "home-g8",
            read.slug,
            unique="slug",
        ),
        Column("name", "At most 255 characters.", "Home G8"),
        Column("plan", "A plan’s slug. For accounts that exist: their plan, or empty.", "starter"),
        Column(
            "owner_email",
            "Signs in with it and owns the account; empty for none yet. Nothing is sent to them: "
            "they ask for a password in the app, or Support sends them a sign-in link. The owner "
            "of an account that exists is not changed.",
            "admin@homeg8.com",
            lookup_form,
            is_required=False,
            unique="e-mail",
        ),
        Column(
            "billing_email",
            "Where invoices go; empty for none.",
            "billing@homeg8.com",
            is_required=False,
        ),
        Column(
            "payment_method",
            f"{', '.join(PaymentMethod.values)}, or empty.",
            "bank_transfer",
            read.code,
            is_required=False,
        ),
        Column(
            "opening_credits",
            "New accounts only: becomes an “opening” row of the ledger; 0 for none. Empty gives "
            "what the plan starts with.",
            "8000",
            opening,
            is_required=False,
        ),
    )
    refused_columns = {
        "id": "Accounts are known by their slug. Take this column out.",
        "credits": NOT_A_BALANCE,
        "balance": NOT_A_BALANCE,
        "status": ELSEWHERE.format("suspend, reactivate or cancel"),
        "status_reason": ELSEWHERE.format("suspend, reactivate or cancel"),
        "trial_ends_at": ELSEWHERE.format("extend the trial"),
        "owner": "Take this column out, or name it owner_email and write e-mails.",
        "is_system": "System accounts are not made by import. Take this column out.",
    }
    column_of_refusal = {
        "email": "owner_email",
        "amount": "opening_credits",
        "slug_taken": "slug",
        "slug_reserved": "slug",
        "plan_not_sold": "plan",
    }

    def __init__(self) -> None:
        self.plans = PlanChoice()

    def lock(self, slugs: Iterable[str]) -> None:
        found = Account.objects.filter(slug__in=list(slugs)).order_by("id")
        list(found.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))

    def load(self, rows: Sequence[Mapping[str, str]]) -> None:
        slugs = {read.slug(cells["slug"]) for cells in rows}
        emails = {lookup_form(cells.get("owner_email", "")) for cells in rows}
        found = Account.objects.filter(slug__in=slugs).select_related("plan", "owner")
        self.existing = {account.slug: account for account in found}
        taken = User.objects.filter(email__in=emails - {""})
        self.taken = frozenset(taken.values_list("email", flat=True))

    def recheck(self) -> None:
        self.plans.recheck()

    def clean(self, column: str, value: object, cells: Mapping[str, str]) -> object:
        existing = self.existing.get(read.slug(cells["slug"]))
        match column:
            case "slug" if existing is None:
                return accounts.slug_form(str(value))
            case "plan":
                return self.plans.of(existing, str(value))
            case "owner_email":
                return self._owner(existing, str(value))
            case "opening_credits":
                return _opening(existing, value)
            case "name" | "billing_email" | "payment_method":
                return accounts.clean({column: value})[column]
        return value

    def foresee(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        existing, facts, contact = self._read(line, cells)
        if existing is None:
            plan, given = facts["plan"], facts.get("opening_credits")
            credits = plan.credits_at_start if given is None else given
            return _new(line, facts, contact, credits=credits, trial_days=plan.trial_days)
        accounts.refuse_deleted(existing)
        refuse_own_account(by=who.by, account=existing)
        changed = changed_cells(cells_of(existing, contact), as_cells(contact))
        return _edited(line, existing, contact.get("name", existing.name), changed)

    def do(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        existing, facts, contact = self._read(line, cells)
        if existing is None:
            return self._create(line, facts, contact, who)
        return self._edit(line, existing, contact, who)

    def _read(self, line: int, cells: Mapping[str, str]) -> tuple[Account | None, dict, dict]:
        existing = self.existing.get(read.slug(cells["slug"]))
        if existing is not None and existing.is_system:
            refusal = InvalidValue(
                f"{existing.name} is a system account: it is never imported. Take this row out."
            )
            raise RowRefused([self.problem(line, "slug", cells["slug"], refusal)])
        facts = self.read(line, cells)
        return existing, facts, {field: facts[field] for field in CONTACT if field in facts}

    def _owner(self, existing: Account | None, email: str) -> str:
        if not email:
            return email
        if existing is None:
            email = stored_form(email)
            if email in self.taken:
                raise users.email_taken(email)
            return email
        owner = existing.owner.email if existing.owner else ""
        if email != owner:
            raise InvalidValue(
                f"{existing.name} is owned by {owner or 'nobody yet'}; an import changes no "
                "owners. Leave this cell empty."
            )
        return email

    def _create(self, line: int, facts: dict, contact: dict, who: Who) -> RowOutcome:
        account = onboarding.create_account(
            name=contact["name"],
            slug=facts["slug"],
            plan=facts["plan"],
            owner_email=facts.get("owner_email", ""),
            opening_credits=facts.get("opening_credits"),
            facts={field: value for field, value in contact.items() if field != "name"},
            by=who.by,
            reason=who.reason,
            now=who.now,
            ticket_url=who.ticket_url,
        )
        trial = account.trial_ends_at and account.trial_ends_at - who.now
        return _new(
            line,
            facts,
            {field: getattr(account, field) for field in contact},
            # Read back from the balance: it is what the ledger made of the row.
            credits=account.credits,
            trial_days=trial.days if trial else 0,
        )

    def _edit(self, line: int, account: Account, contact: dict, who: Who) -> RowOutcome:
        before = cells_of(account, contact)
        accounts.edit(
            account=account,
            changes=contact,
            by=who.by,
            reason=who.reason,
            ticket_url=who.ticket_url,
        )
        changed = changed_cells(before, cells_of(account, contact))
        return _edited(line, account, account.name, changed)


def _new(
    line: int, facts: Mapping, contact: Mapping, *, credits: int, trial_days: int
) -> RowOutcome:
    """`credits` are its balance once it is there."""
    opening_credits = facts.get("opening_credits")
    cells = {
        "name": contact["name"],
        "plan": facts["plan"].slug,
        "owner_email": facts.get("owner_email", ""),
        **as_cells({field: contact[field] for field in contact if field != "name"}),
        "credits": f"{credits} ({'plan' if opening_credits is None else 'opening'})",
        "trial": f"{trial_days} days" if trial_days else "without an end",
    }
    return RowOutcome(
        line,
        facts["slug"],
        contact["name"],
        Change.NEW,
        new_cells(cells),
        opening_credits=opening_credits or 0,
    )


def _edited(line: int, account: Account, name: str, changed: tuple[Cell, ...]) -> RowOutcome:
    change = Change.CHANGED if changed else Change.UNCHANGED
    return RowOutcome(line, account.slug, name, change, changed)


def _opening(existing: Account | None, value: int | None) -> int | None:
    if value is None:
        return None
    if existing is not None:
        raise InvalidValue(
            f"{existing.name} exists: opening credits are for new accounts. Leave this cell empty "
            "and use Grant or Adjust credits."
        )
    if not 0 <= value <= MAX_AMOUNT:
        raise InvalidValue(f"Opening credits are between 0 and {MAX_AMOUNT:,}, not {value:,}.")
    return value
