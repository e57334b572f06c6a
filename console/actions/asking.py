"""What is above a person's limit is not refused but sent for approval; told before and after."""

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.utils import timezone

from billing.services import approvals
from billing.services.grant_limits import Allowance, OverLimit
from console.actions.base import Done
from console.actions.figures import credits_text, moment_text
from tenancy.models import Account, User

SENT = "this will be sent for approval"


def limit_text(mine: Allowance) -> str:
    """What the person may give or take alone, and what becomes of more."""
    if mine.per_grant == 0:
        return f"none of your own: {SENT}"
    return (
        f"{credits_text(mine.per_grant)} a time, {credits_text(mine.left_today)} left today; "
        "more is sent for approval"
    )


def tell_limit(field: forms.Field, mine: Allowance) -> None:
    """Lets the page say so as soon as a larger amount is typed: see ops.js."""
    if mine.left_today < mine.per_grant:
        over = f"Over the {credits_text(mine.left_today)} left of your {credits_text(mine.per_day)}"
        over += " a day"
    else:
        over = f"Over your limit of {credits_text(mine.per_grant)}"
    field.widget.attrs |= {
        "data-limit": str(min(mine.per_grant, mine.left_today)),
        "data-over": f"{over}: {SENT}.",
    }


def over_text(over: OverLimit) -> str:
    limit, asked = over.facts["limit"], over.facts["asked"]
    if asked > limit:
        return f"{credits_text(asked)} credits are over your limit of {credits_text(limit)}"
    return f"{credits_text(asked)} credits are over what is left of your day"


def send(
    *,
    verb: str,
    account: Account,
    facts: Mapping[str, object],
    by: User,
    reason: str,
    ticket_url: str,
    why: str,
) -> Done:
    """Make the request in the verb's place. `why` says what it is above, without a full stop."""
    now = timezone.now()
    approval = approvals.request(
        account=account,
        verb=verb,
        facts=facts,
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
    )
    if approval.requested_at != now:
        who = "you" if approval.requested_by == by else str(approval.requested_by)
        return Done(
            f"“{approval}” waits for approval already: {who} asked for it at "
            f"{moment_text(approval.requested_at)}. Nothing was changed.",
            level=messages.WARNING,
        )
    return Done(
        f"{why}: sent for approval. “{approval}” waits until {moment_text(approval.expires_at)}.",
        level=messages.INFO,
    )
