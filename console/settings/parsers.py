"""Turn the text of one setting into its value, or raise ValueError with words for its writer."""

import re
from decimal import Decimal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environ import Env
from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from console.settings.api import SECONDS, Rate
from console.settings.environment import parse_list

# Django asks for the length and the variety (check security.W009); a short key can be guessed.
SHORTEST_SECRET = 50
LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]


def database(url: str) -> dict:
    """Parse a database URL. Only PostgreSQL: the constraints and triggers are written in it."""
    if not url.startswith(("postgres://", "postgresql://")):
        raise ValueError("it must begin with postgresql://")
    try:
        parsed = Env.db_url_config(url)
    except (ImproperlyConfigured, TypeError, ValueError):
        # Not the reason: it quotes a part of the URL, which may be of the password.
        raise ValueError("it cannot be read as an address") from None
    if not parsed["NAME"]:
        raise ValueError("it names no database after the last slash")
    return parsed


def redis(url: str) -> str:
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("it must begin with redis://")
    try:
        import redis as _driver  # noqa: F401
    except ImportError:
        raise ValueError("its driver is not installed (pip install redis)") from None
    return url


def email(url: str) -> dict:
    try:
        return Env.email_url_config(url)
    except (ImproperlyConfigured, ValueError):
        raise ValueError(
            "it must be an address with smtp+tls://, smtp+ssl://, smtp:// or consolemail://"
        ) from None


def secret(text: str) -> str:
    if len(text) < SHORTEST_SECRET or len(set(text)) < 5:
        raise ValueError(f"it needs at least {SHORTEST_SECRET} mixed characters")
    return text


def secrets(text: str) -> list[str]:
    return [secret(part) for part in parse_list(text)]


def encryption_keys(text: str) -> list[str]:
    keys = parse_list(text)
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            raise ValueError(f"key {number} is not 32 bytes in URL-safe base64") from None
    return keys


def origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
        raise ValueError(f"{text!r} is not of the form https://host")
    return text


def origins(text: str) -> list[str]:
    return [origin(part) for part in parse_list(text)]


def exact_origins(text: str) -> list[str]:
    """Origins as browsers send them, none by a pattern."""
    for part in parse_list(text):
        if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", part):
            raise ValueError(f"{part!r} is not of the form https://host, in small letters")
    return parse_list(text)


def hosts(text: str) -> list[str]:
    for host in parse_list(text):
        if "/" in host or host == "*":
            raise ValueError(f"{host!r} is not the name of a host")
    return parse_list(text)


def rate(text: str) -> Rate:
    match = re.fullmatch(r"([1-9][0-9]{0,8})/(second|minute|hour|day)", text.strip().lower())
    if not match:
        raise ValueError(f"{text!r} is not of the form 600/minute (or second, hour, day)")
    return Rate(calls=int(match[1]), seconds=SECONDS[match[2]])


def money(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,2})?", text):
        raise ValueError(f"{text!r} is not an amount such as 5.00")
    return Decimal(text)


def lines(text: str) -> list[str]:
    """Lines of a letterhead, with semicolons between them."""
    return [line.strip() for line in text.split(";") if line.strip()]


def log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"{text!r} is none of {', '.join(LOG_LEVELS)}")
    return text.upper()


def bank_account(text: str) -> str:
    try:
        return iban.format(iban.validate(text))
    except ValidationError:
        raise ValueError(f"{text!r} is not a valid IBAN") from None


def bank_code(text: str) -> str:
    try:
        return bic.validate(text)
    except ValidationError:
        raise ValueError(f"{text!r} is not a valid BIC") from None
