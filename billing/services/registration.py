"""Signing up: a person, their account, its trial and its first credits, or none of them."""

import secrets
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from billing.models import TransactionType
from billing.services import credits
from tenancy.emails import stored_form
from tenancy.errors import ServiceError
from tenancy.models import Account, Plan, User
from tenancy.records import SYSTEM
from tenancy.services import accounts, trials, users
from tenancy.services.passwords import check_password
from tenancy.services.plans import FREE_TRIAL_SLUG

# The first of them that is on sale.
PLANS_OF_SIGN_UP = (FREE_TRIAL_SLUG, "free")
REASON = "The customer signed up."
# The name's own slug, then ones that nobody else is about to take.
SLUGS_TRIED = 4


class SignUpClosed(ServiceError):
    code = "sign_up_closed"


def register(*, email: str, password: str, account_name: str, now: datetime) -> User:
    """Sign somebody up: an account in trial with its first credits, and them as its owner.

    The plan is always the free trial (the free plan where there is none): a customer cannot choose
    one without paying. One trial for each normalised e-mail, also after the account is deleted.
    Whether an e-mail is known is told last, to who would sign up otherwise: asking is not free.

    Raises InvalidValue for a malformed e-mail, an empty name, or a password that the validators
    refuse (`errors` in the facts lists each of them with its code); EmailTaken, TrialUsed,
    SignUpClosed.
    """
    name = accounts.clean({"name": account_name})["name"]
    email = stored_form(email)
    check_password(password, user=User(email=email))
    plan = _plan_of_sign_up()
    users.clean_email(email)
    with transaction.atomic():
        if not trials.remember(email=email, now=now):
            # Perhaps it was this very address, a moment ago.
            users.clean_email(email)
            raise trials.TrialUsed(
                "There has been a trial with this e-mail. Sign in, or write to support.",
                field="email",
            )
        account = _create_account(name=name, plan=plan, now=now)
        user = users.add_owner(
            account=account, email=email, password=password, by=SYSTEM, reason=REASON
        )
        if plan.credits_at_start:
            credits.start(
                account=account,
                type=TransactionType.TRIAL,
                amount=plan.credits_at_start,
                by=SYSTEM,
                reason=REASON,
            )
    return user


def _plan_of_sign_up() -> Plan:
    offered = {
        plan.slug: plan
        for plan in Plan.objects.filter(
            slug__in=PLANS_OF_SIGN_UP, is_active=True, archived_at__isnull=True
        )
    }
    for slug in PLANS_OF_SIGN_UP:
        if slug in offered:
            return offered[slug]
    raise SignUpClosed("Nobody can sign up at the moment. Please write to support.")


def _create_account(*, name: str, plan: Plan, now: datetime) -> Account:
    for slug in _slugs(name):
        try:
            return accounts.create(
                name=name, slug=slug, plan=plan, by=SYSTEM, reason=REASON, now=now
            )
        except accounts.SlugTaken:
            # Somebody of the same name signed up in this moment.
            continue
    raise accounts.SlugTaken(f"Many accounts are called “{name}” now. Choose another name.")


def _slugs(name: str) -> Iterator[str]:
    yield accounts.suggest_slug(name)
    for _ in range(SLUGS_TRIED - 1):
        yield f"{accounts.slug_base(name)}-{secrets.token_hex(3)}"
