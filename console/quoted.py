"""What people quote when they ask about a customer, brought to the form it is stored in."""

import re

from billing.services import references
from tenancy.services.api_keys import KEY_START

# A reference somewhere in a line of a bank statement, however it was spaced there.
_REFERENCE = re.compile(rf"{references.PREFIX}[{references.ALPHABET}]{{8}}[2-9]{{2}}")
_BEGINNING = re.compile(rf"{references.PREFIX}[{references.ALPHABET}]{{2,8}}[2-9]{{0,2}}")
# 139.00, 139,00, 1,234.50; whole numbers only beside a currency, for alone they are somebody's id.
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})[.,](\d{2})")
_WHOLE = re.compile(r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})")
_CURRENCY = re.compile(
    r"^(?:USD|EUR|GBP|CHF|[$€£])\s*|\s*(?:USD|EUR|GBP|CHF|[$€£])$", re.IGNORECASE
)
_BANK_ID = re.compile(r"\S*\d\S*")
LONGEST = 200
LONGEST_ID = 18  # digits


def clean(text: str) -> str:
    """One line without needless blanks. PostgreSQL knows no text with a zero character in it."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST]


def number(term: str) -> int | None:
    """The id that `29` or `#29` means; None for what can be none."""
    digits = term.removeprefix("#")
    fits = digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_ID
    return int(digits) if fits else None


def reference(term: str) -> str:
    """The printed form of the reference in `term`, or of its beginning; empty when there is none.

    “pay ig7k3fqx9m 47 thanks” gives IG-7K3F-QX9M-47, “ig-7k3f” gives IG-7K3F.
    """
    compact = references.normalise(term)
    whole = _REFERENCE.search(compact)
    if whole:
        return references.printed(whole.group())
    return references.printed(compact) if _BEGINNING.fullmatch(compact) else ""


def domain(term: str) -> str:
    """`https://www.homeg8.com/blog` is `homeg8.com`."""
    return term.lower().split("://")[-1].split("/")[0].removeprefix("www.")


def key_prefix(term: str) -> str:
    """The visible start of an API key, also when the whole key was pasted; else empty."""
    if not term.startswith(KEY_START) or len(term) <= len(KEY_START):
        return ""
    return "_".join(term.rstrip("…").split("_")[:2])


def amount(term: str) -> str:
    """`1234.50` for “1,234.50”, “1234,50” or “$1,234.50”, when that is all there is."""
    bare = _CURRENCY.sub("", term)
    if written := _AMOUNT.fullmatch(bare):
        return f"{written[1].replace(',', '')}.{written[2]}"
    if bare != term and (written := _WHOLE.fullmatch(bare)):
        return f"{written[1].replace(',', '')}.00"
    return ""


def bank_id(term: str) -> str:
    """What may be a bank's transaction id: one word with a digit in it; else empty."""
    return term if _BANK_ID.fullmatch(term) else ""
