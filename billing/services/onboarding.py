"""A new account with its owner and its first credits, in one transaction."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from billing.models import TransactionType
from billing.services import credits
from tenancy.models import Account, Plan, User
from tenancy.services import accounts, password_links, trials, users


@transaction.atomic
def create_account(
    *,
    name: str,
    slug: str,
    plan: Plan,
    by: User | None,
    reason: str,
    now: datetime,
    owner_email: str = "",
    opening_credits: int | None = None,
    invites_owner: bool = False,
    facts: Mapping[str, object] | None = None,
    ticket_url: str = "",
) -> Account:
    """Create an account in trial, and its owner when an e-mail is given (without a password).

    `invites_owner` has a link to choose one sent to them; else support does that, or they ask for
    it (`password_links`). Their mailbox has had its trial then: nobody signs up with it again.

    Its first credits are `opening_credits` as an opening row, when given (0 writes none), else the
    plan's credits as a trial row, where the plan starts with credits. Raises what
    `accounts.create`, `users.add_owner` and `credits.start` raise.
    """
    account = accounts.create(
        name=name,
        slug=slug,
        plan=plan,
        by=by,
        reason=reason,
        now=now,
        facts=facts,
        ticket_url=ticket_url,
    )
    if owner_email.strip():
        owner = users.add_owner(
            account=account, email=owner_email, by=by, reason=reason, ticket_url=ticket_url
        )
        # A known person may get another one from staff.
        trials.remember(email=owner.email, now=now)
        if invites_owner:
            password_links.later(owner)
    if opening_credits is not None:
        type, amount = TransactionType.OPENING, opening_credits
    else:
        type, amount = TransactionType.TRIAL, plan.credits_at_start
    if amount:
        credits.start(
            account=account, type=type, amount=amount, by=by, reason=reason, ticket_url=ticket_url
        )
    return account
