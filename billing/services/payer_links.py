"""“This payer pays for this account”: remembered from a match, cut by a reversal."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from billing.models import PayerLink, StatementLine
from tenancy.models import Account, User

LONGEST_KEY = 255


def key_of(line: StatementLine) -> str:
    """The line's payer in the form it is remembered: IBAN, else the name; empty without either."""
    compact = re.sub(r"[^0-9A-Z]", "", line.payer_iban.upper())
    return compact or key_of_name(line.payer_name)


def key_of_name(name: str) -> str:
    """`Müller  &  Söhne GmbH.` is `müller söhne gmbh`: case, marks and spaces say nothing."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    # Some characters become several: what the column cannot hold tells no two payers apart.
    return " ".join(re.findall(r"\w+", plain))[:LONGEST_KEY]


def remember(*, line: StatementLine, account: Account, by: User, now: datetime) -> PayerLink | None:
    """Link the line's payer to a locked account. None when the line names no payer."""
    key = key_of(line)
    if not key:
        return None
    link, _ = PayerLink.objects.get_or_create(
        payer_key=key, account=account, cut_at=None, defaults={"created_at": now, "created_by": by}
    )
    return link


def cut(*, lines: Iterable[StatementLine], account: Account, by: User, now: datetime) -> int:
    """Forget that the payers of these lines pay for a locked account; how many links that were."""
    keys = {key_of(line) for line in lines}
    return PayerLink.objects.filter(payer_key__in=keys, account=account, cut_at=None).update(
        cut_at=now, cut_by=by
    )
