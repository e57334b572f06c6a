"""How a line is known again when a later file brings it once more."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from billing.statements.statement import Line


class Fingerprint(NamedTuple):
    """`digest` is the same for lines that say the same; `occurrence` counts them from 1.

    Of two files that overlap, each holds the same lines of a day in whole: a line is new exactly
    when this pair is. Genuine twins are kept, because the second one has occurrence 2.
    """

    digest: str
    occurrence: int


def fingerprints(lines: Iterable[Line], *, account: str) -> list[Fingerprint]:
    """The fingerprint of each line, in the order of the lines.

    `account` is the bank account the file is of: two accounts may receive the same line.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        digest = _digest(line, account)
        seen[digest] += 1
        found.append(Fingerprint(digest, seen[digest]))
    return found


def file_sha256(data: bytes) -> str:
    """By which the same file is known, whatever it is called."""
    return hashlib.sha256(data).hexdigest()


def _digest(line: Line, account: str) -> str:
    said = (
        "".join(account.split()).upper(),
        line.booked_on.isoformat(),
        line.value_date.isoformat(),
        str(line.amount),
        line.currency,
        line.payer_name,
        line.payer_iban,
        line.reference,
        line.bank_transaction_id or "",
    )
    # Each part with its length: no text of one part can be taken for the start of the next.
    text = "".join(f"{len(part)}:{part}" for part in said)
    return hashlib.sha256(text.encode()).hexdigest()
