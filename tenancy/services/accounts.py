"""Accounts: their facts, soft deletion and restoring. Status has its own verbs in `lifecycle`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from tenancy.errors import InvalidValue, NothingChanged, ServiceError, StateConflict
from tenancy.models import RESERVED_SLUGS, Account, AccountStatus, PaymentMethod, Plan, User
from tenancy.models.plan import SLUG_PATTERN
from tenancy.records import (
    change,
    clean_reason,
    lock,
    record,
    refuse_own_account,
    save_with_history,
    snapshot,
)

# What stands on an invoice, and where it goes: the customer's own to say.
BILLING_DATA = (
    "billing_email",
    "billing_address_line1",
    "billing_address_line2",
    "billing_address_city",
    "billing_address_state",
    "billing_address_postal_code",
    "billing_address_country",
)
EDITABLE = ("name", *BILLING_DATA, "payment_method", "exempt_from_suspension")
DAY = timedelta(hours=24)


class SlugTaken(ServiceError):
    code = "slug_taken"


class SlugReserved(ServiceError):
    code = "slug_reserved"


class PlanNotSold(ServiceError):
    code = "plan_not_sold"


class SystemAccount(ServiceError):
    code = "system_account"


class AlreadyPurged(StateConflict):
    code = "account_purged"


@transaction.atomic
def create(
    *,
    name: str,
    slug: str,
    plan: Plan,
    by: User | None,
    reason: str,
    now: datetime,
    facts: Mapping[str, object] | None = None,
    status: AccountStatus = AccountStatus.TRIAL,
    ticket_url: str = "",
) -> Account:
    """Create an account with an empty balance; `facts` are further values from EDITABLE.

    A trial runs for the plan's trial days, each of 24 hours; a plan without trial days gives a
    trial without an end. Raises InvalidValue, SlugTaken, SlugReserved, PlanNotSold.
    """
    reason = clean_reason(reason)
    if not plan.is_active or plan.is_archived:
        raise PlanNotSold(
            f"The plan {plan.name} is not sold any more. Choose another one.", plan=plan.slug
        )
    account = Account(
        slug=clean_slug(slug),
        plan=plan,
        status=status,
        status_changed_at=now,
        trial_ends_at=now.astimezone(UTC) + plan.trial_days * DAY if plan.trial_days else None,
        **clean({"name": name, **(facts or {})}),
    )
    try:
        with transaction.atomic():
            save_with_history(account, by=by, reason=reason)
    except IntegrityError:
        # Somebody took the slug since we looked.
        clean_slug(slug)
        raise
    record(
        "account_created",
        by=by,
        reason=reason,
        target=account,
        account=account,
        after=snapshot(account, ("name", "slug", "plan", "status", "trial_ends_at")),
        ticket_url=ticket_url,
    )
    return account


@transaction.atomic
def edit(
    *,
    account: Account,
    changes: Mapping[str, object],
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> Account:
    """Change contact and billing data (names in EDITABLE); never money, plan or status.

    Raises InvalidValue, NothingChanged, StateConflict for a deleted account, and OwnAccount for
    staff of this account.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_deleted(account)
    refuse_own_account(by=by, account=account)
    cleaned = clean(changes)
    changed = {field: value for field, value in cleaned.items() if getattr(account, field) != value}
    if not changed:
        raise NothingChanged(f"{account.name} already is as you ask; nothing was changed.")
    change(
        account,
        changed,
        verb="account_edited",
        by=by,
        reason=reason,
        account=account,
        ticket_url=ticket_url,
    )
    return account


@transaction.atomic
def soft_delete(
    *, account: Account, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Account:
    """Delete an account so that it can be restored for `deletion_retention_days` of 24 hours.

    Nothing of it is removed; every door is closed at once. Raises SystemAccount, StateConflict
    when it is deleted already, OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_system_account(account, "deleted")
    refuse_own_account(by=by, account=account)
    if account.is_deleted:
        raise StateConflict(
            f"{account.name} was deleted on {account.deleted_at:%Y-%m-%d %H:%M} UTC; "
            "nothing was changed.",
            current="deleted",
        )
    change(
        account,
        {
            "is_deleted": True,
            "deleted_at": now,
            "deleted_by": by,
            "restore_until": now.astimezone(UTC) + account.deletion_retention_days * DAY,
        },
        verb="account_deleted",
        by=by,
        reason=reason,
        account=account,
        ticket_url=ticket_url,
    )
    return account


@transaction.atomic
def restore(
    *, account: Account, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Account:
    """Bring a deleted account back as it was.

    Raises StateConflict when it is not deleted or its time to be restored is over, AlreadyPurged,
    OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_own_account(by=by, account=account)
    refuse_purged(account)
    if not account.is_deleted:
        raise StateConflict(
            f"{account.name} is not deleted; nothing was changed.", current="present"
        )
    if now >= account.restore_until:
        raise StateConflict(
            f"{account.name} could be restored until {account.restore_until:%Y-%m-%d %H:%M} UTC. "
            "Create a new account instead.",
            current="deleted",
        )
    change(
        account,
        {"is_deleted": False, "deleted_at": None, "deleted_by": None, "restore_until": None},
        verb="account_restored",
        by=by,
        reason=reason,
        account=account,
        ticket_url=ticket_url,
    )
    return account


def refuse_system_account(account: Account, done: str) -> None:
    """Raises SystemAccount; `done` is the participle of the message (“suspended”)."""
    if account.is_system:
        raise SystemAccount(
            f"{account.name} is a system account: it is never {done}.", account=account.slug
        )


def refuse_deleted(account: Account) -> None:
    if account.is_deleted:
        raise StateConflict(
            f"{account.name} is deleted. Restore it first.", current="deleted", account=account.slug
        )


def refuse_purged(account: Account) -> None:
    if account.purged_at is not None:
        raise AlreadyPurged(
            f"The personal data of {account.name} was removed for good on "
            f"{account.purged_at:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            current="purged",
        )


def clean_slug(slug: str) -> str:
    """A free slug in its stored form (lower case).

    Raises InvalidValue for its form, SlugReserved, SlugTaken.
    """
    slug = slug_form(slug)
    if Account.objects.filter(slug=slug).exists():
        raise SlugTaken(
            f"An account “{slug}” exists already. Choose another slug or open that account.",
            slug=slug,
        )
    return slug


def slug_form(slug: str) -> str:
    """A slug in its stored form. Not checked to be free. Raises InvalidValue, SlugReserved."""
    slug = slug.strip().lower()
    if len(slug) > 100 or not re.fullmatch(SLUG_PATTERN, slug):
        raise InvalidValue(
            f"“{slug}” is no slug: use lower-case letters, digits and single hyphens.", field="slug"
        )
    if slug in RESERVED_SLUGS:
        raise SlugReserved(f"The slug “{slug}” is reserved. Choose another one.", slug=slug)
    return slug


def suggest_slug(name: str) -> str:
    """A free slug made from a name: “Home G8” gives home-g8, or home-g8-2 when that is taken."""
    base = slug_base(name)
    candidate, number = base, 1
    while candidate in RESERVED_SLUGS or Account.objects.filter(slug=candidate).exists():
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def slug_base(name: str) -> str:
    """“Home G8” gives home-g8; short enough for a number behind it. Not checked to be free."""
    words = re.findall(r"[a-z0-9]+", slugify(name))
    return "-".join(words)[:90].rstrip("-") or "account"


def clean(facts: Mapping[str, object]) -> dict[str, object]:
    """Check the values of EDITABLE; raises InvalidValue naming the field."""
    unknown = set(facts) - set(EDITABLE)
    if unknown:
        raise InvalidValue(f"“{min(unknown)}” cannot be edited here.", field=min(unknown))
    cleaned: dict[str, object] = {}
    for field, value in facts.items():
        if field == "exempt_from_suspension":
            cleaned[field] = bool(value)
            continue
        text = str(value).strip()
        limit = Account._meta.get_field(field).max_length
        if len(text) > limit or "\x00" in text:
            raise InvalidValue(
                f"{field.replace('_', ' ').capitalize()} holds at most {limit} characters.",
                field=field,
            )
        cleaned[field] = text
    if "name" in cleaned and not cleaned["name"]:
        raise InvalidValue("An account needs a name.", field="name")
    if cleaned.get("payment_method") and cleaned["payment_method"] not in PaymentMethod.values:
        raise InvalidValue(
            f"Payment method is one of {', '.join(PaymentMethod.values)}, "
            f"not “{cleaned['payment_method']}”.",
            field="payment_method",
        )
    if cleaned.get("billing_email"):
        try:
            validate_email(cleaned["billing_email"])
        except ValidationError:
            raise InvalidValue(
                f"“{cleaned['billing_email']}” is no e-mail address.", field="billing_email"
            ) from None
    country = cleaned.get("billing_address_country")
    if country:
        cleaned["billing_address_country"] = country.upper()
        if not re.fullmatch(r"[A-Za-z]{2}", country):
            raise InvalidValue(
                f"“{country}” is no country code; write two letters, such as PK or US.",
                field="billing_address_country",
            )
    return cleaned
