"""Accounts from CSV: new ones are created, known ones change their contact data, nothing else."""

from collections.abc import Iterable, Mapping

from billing.models import MAX_AMOUNT
from billing.services import onboarding
from console.imports import cells as read
from console.imports.importer import Column, Importer, RowRefused, Who, changed_cells, new_cells
from console.imports.outcome import Change, RowOutcome
from console.imports.plan_choice import PlanChoice
from tenancy.errors import InvalidValue
from tenancy.models import Account, PaymentMethod
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
    # A new account with owner and credits is some thirty statements: about 10 ms each.
    max_rows = 1_000
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
            "Signs in with it and owns the account; empty for none yet. The owner of an account "
            "that exists is not changed.",
            "admin@homeg8.com",
            str.lower,
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

    def prepare(self, slugs: Iterable[str], *, lock: bool) -> None:
        found = Account.objects.filter(slug__in=list(slugs)).select_related("plan", "owner")
        found = found.order_by("id")
        if lock:
            found = found.select_for_update(of=("self",), no_key=True)
        self.existing = {account.slug: account for account in found}
        self.plans = PlanChoice()

    def clean(self, column: str, value: object, cells: Mapping[str, str]) -> object:
        existing = self.existing.get(read.slug(cells["slug"]))
        match column:
            case "plan":
                return self.plans.of(existing, str(value))
            case "owner_email":
                return _owner(existing, str(value))
            case "opening_credits":
                return _opening(existing, value)
            case "name" | "billing_email" | "payment_method":
                return accounts.clean({column: value})[column]
        return value

    def clean_beside_problems(self, column: str, value: object, cells: Mapping[str, str]) -> object:
        if read.slug(cells["slug"]) not in self.existing:
            if column == "slug":
                return accounts.clean_slug(str(value))
            if column == "owner_email" and value:
                return users.clean_email(str(value))
        return value

    def do(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        existing = self.existing.get(read.slug(cells["slug"]))
        if existing is not None and existing.is_system:
            refusal = InvalidValue(
                f"{existing.name} is a system account: it is never imported. Take this row out."
            )
            raise RowRefused([self.problem(line, "slug", cells["slug"], refusal)])
        facts = self.read(line, cells)
        contact = {field: facts[field] for field in CONTACT if field in facts}
        if existing is None:
            return self._create(line, facts, contact, who)
        return self._edit(line, existing, contact, who)

    def _create(self, line: int, facts: dict, contact: dict, who: Who) -> RowOutcome:
        opening_credits = facts.get("opening_credits")
        account = onboarding.create_account(
            name=contact.pop("name"),
            slug=facts["slug"],
            plan=facts["plan"],
            owner_email=facts.get("owner_email", ""),
            opening_credits=opening_credits,
            facts=contact,
            by=who.by,
            reason=who.reason,
            now=who.now,
            ticket_url=who.ticket_url,
        )
        trial = account.trial_ends_at and account.trial_ends_at - who.now
        cells = {
            "name": account.name,
            "plan": facts["plan"].slug,
            "owner_email": facts.get("owner_email", ""),
            **_written(account, contact),
            # Read back from the balance: it is what the ledger made of the row.
            "credits": f"{account.credits} ({'plan' if opening_credits is None else 'opening'})",
            "trial": f"{trial.days} days" if trial else "without an end",
        }
        return RowOutcome(
            line,
            account.slug,
            account.name,
            Change.NEW,
            new_cells(cells),
            opening_credits=opening_credits or 0,
        )

    def _edit(self, line: int, account: Account, contact: dict, who: Who) -> RowOutcome:
        accounts.refuse_deleted(account)
        before = _written(account, contact)
        try:
            accounts.edit(
                account=account,
                changes=contact,
                by=who.by,
                reason=who.reason,
                ticket_url=who.ticket_url,
            )
        except accounts.NothingChanged:
            return RowOutcome(line, account.slug, account.name, Change.UNCHANGED)
        changed = changed_cells(before, _written(account, contact))
        return RowOutcome(line, account.slug, account.name, Change.CHANGED, changed)


def _owner(existing: Account | None, email: str) -> str:
    if not email or existing is None:
        return email
    owner = existing.owner.email if existing.owner else ""
    if email != owner:
        raise InvalidValue(
            f"{existing.name} is owned by {owner or 'nobody yet'}; an import changes no owners. "
            "Leave this cell empty."
        )
    return email


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


def _written(account: Account, fields: Iterable[str]) -> dict[str, str]:
    return {field: read.written(getattr(account, field)) for field in fields}
