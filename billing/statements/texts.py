"""Names, references and account numbers as they are kept."""

import re
from functools import lru_cache

from stdnum import iban

from billing.statements.faults import Cell, Faults

MAX_NAME = 255
MAX_REFERENCE = 2000
MAX_BANK_ID = 100
MAX_ACCOUNT = 34
# No national account number begins like this.
LOOKS_LIKE_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}", re.ASCII)
# What banks write when they have nothing to write.
NOTHING = frozenset({"", "NOTPROVIDED", "NOTAVAILABLE", "NONREF", "N/A", "-"})


def clean(text: str) -> str:
    """The text on one line, with single blanks."""
    return " ".join(text.split())


def bounded(cell: Cell, limit: int, faults: Faults) -> str:
    text = clean(cell.text)
    if len(text) > limit:
        faults.at(cell, f"has {len(text):,} characters; no bank writes more than {limit:,} here.")
    return text


def bank_id(cell: Cell, faults: Faults) -> str | None:
    text = bounded(cell, MAX_BANK_ID, faults)
    return None if text.upper() in NOTHING else text


def account(cell: Cell, faults: Faults, *, must_be_iban: bool = False) -> str:
    """An IBAN without blanks, its check digits right; or a national account number as written."""
    compact = "".join(cell.text.split()).upper()
    if compact in NOTHING:
        return ""
    if must_be_iban or LOOKS_LIKE_IBAN.match(compact):
        if not is_iban(compact):
            faults.at(cell, "is no IBAN: length or check digits are wrong.")
    elif len(compact) > MAX_ACCOUNT:
        faults.at(cell, f"is longer than any account number ({MAX_ACCOUNT} characters).")
    return compact


@lru_cache(maxsize=4096)
def is_iban(compact: str) -> bool:
    return compact.isascii() and compact.isalnum() and iban.is_valid(compact, check_country=False)


def joined(*texts: str) -> str:
    """The texts one after the other, without those that say nothing new."""
    kept: list[str] = []
    for text in texts:
        if text.upper() not in NOTHING and not any(text in other for other in kept):
            kept.append(text)
    return " | ".join(kept)
