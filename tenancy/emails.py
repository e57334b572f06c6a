"""The one form of an e-mail address: what is stored, and what a login is compared with."""

import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tenancy.errors import InvalidValue

MAX_EMAIL = 254


def stored_form(email: str) -> str:
    """An address in lower case, its domain in ASCII as mail servers know it.

    Two ways to write one mailbox come out as one: `bob@bücher.de` and `bob@xn--bcher-kva.de`, or
    full-width letters in the domain. Raises InvalidValue for what has no such form.
    """
    given = email.strip()
    for character in given:
        if not character.isprintable():
            raise _refused(
                f"The e-mail address holds an invisible character (U+{ord(character):04X}). "
                "Type it anew instead of pasting it."
            )
    name, _, domain = given.rpartition("@")
    if name.startswith('"'):
        raise _refused(f"“{given}” has quotes before the @; write the address without them.")
    if not name.isascii():
        raise _refused(
            f"“{given}” has letters before the @ that are none of a to z; use plain ones."
        )
    email = f"{name.lower()}@{_ascii(domain, given=given)}"
    if len(email) > MAX_EMAIL:
        raise _refused(f"An e-mail address has at most {MAX_EMAIL} characters.")
    try:
        validate_email(email)
    except ValidationError:
        raise _refused(f"“{given}” is no e-mail address.") from None
    return email


def lookup_form(text: str) -> str:
    """What to look for where somebody gives an address: its stored form if it has one."""
    try:
        return stored_form(text)
    except InvalidValue:
        return text.strip().lower()


def _ascii(domain: str, *, given: str) -> str:
    domain = unicodedata.normalize("NFKC", domain).lower()
    # A domain in ASCII is its own form, unless it says that it stands for another.
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        return idna.encode(domain).decode("ascii")
    except UnicodeError:
        raise _refused(f"“{given}” is no e-mail address: there is no such domain.") from None


def _refused(message: str) -> InvalidValue:
    return InvalidValue(message, field="email")
