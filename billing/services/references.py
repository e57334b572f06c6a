"""Payment references for people and banks: `IG-7K3F-QX9M-46`.

Eight characters drawn from an alphabet without 0, O, 1, I and L, and two check digits by
ISO 7064 mod 97-10, the check of ISO 11649 creditor references. Each character counts as two
digits; ISO 11649 counts 8 as one and B as two, and so misses some slips between the two. Here
every single wrong character and every swap of two neighbors is found. Draws whose check digits
hold a 0 or 1 are dropped.
"""

import re
import secrets

from stdnum.iso7064 import mod_97_10

PREFIX = "IG"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BODY_LENGTH = 8

_TWO_DIGITS = {character: str(10 + place) for place, character in enumerate(ALPHABET)}


def new_reference() -> str:
    """A fresh reference in its printed form. Unique only with the database's constraint."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(BODY_LENGTH))
        check = check_digits(body)
        if not set(check) & {"0", "1"}:
            return f"{PREFIX}-{body[:4]}-{body[4:]}-{check}"


def check_digits(body: str) -> str:
    """The two digits that close a reference with this body of the alphabet's characters."""
    return mod_97_10.calc_check_digits("".join(_TWO_DIGITS[character] for character in body))


def normalise(text: str) -> str:
    """A reference as people type it, without case, blanks and hyphens: `IG7K3FQX9M46`."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def is_valid(text: str) -> bool:
    """Whether the text is a reference whose check digits agree, however it is spaced."""
    compact = normalise(text)
    found = re.fullmatch(rf"{PREFIX}([{ALPHABET}]{{{BODY_LENGTH}}})([2-9]{{2}})", compact)
    return found is not None and check_digits(found[1]) == found[2]


def printed(text: str) -> str:
    """The printed form of a normalised reference; raises nothing, groups whatever is there."""
    compact = normalise(text)
    return "-".join(filter(None, (compact[:2], compact[2:6], compact[6:10], compact[10:])))
