"""Each parser takes what is right and says what is wrong."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from console.settings import parsers

KEY = "b25seS1mb3ItdGhlLXRlc3RzLTAxMjM0NTY3ODkwMTI="


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parsers.encryption_keys, f"{KEY}, {KEY}", [KEY, KEY]),
        (parsers.hosts, "ops.example.com,[::1]", ["ops.example.com", "[::1]"]),
        (parsers.origins, "https://ops.example.com", ["https://ops.example.com"]),
        (
            parsers.exact_origins,
            "https://app.example.com, http://localhost:3000,http://[::1]:3000",
            ["https://app.example.com", "http://localhost:3000", "http://[::1]:3000"],
        ),
        (parsers.log_level, "debug", "DEBUG"),
        (parsers.money, "5.00", Decimal("5.00")),
        (parsers.money, "0", Decimal(0)),
        (parsers.lines, "1 Example Street; London ;; GB;", ["1 Example Street", "London", "GB"]),
        (parsers.bank_account, "gb82west12345698765432", "GB82 WEST 1234 5698 7654 32"),
        (parsers.bank_code, "westgb22", "WESTGB22"),
    ],
)
def test_takes_what_is_right(parse: Callable, text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "says"),
    [
        (parsers.database, "sqlite:///x.db", "must begin with postgresql://"),
        (parsers.database, "postgresql://host", "names no database"),
        (parsers.database, "postgresql://host:port/x", "cannot be read as an address"),
        (parsers.redis, "http://cache", "must begin with redis://"),
        (parsers.email, "mail.example.com", "must be an address with smtp"),
        (parsers.email, "smtp://host:port", "must be an address with smtp"),
        (parsers.encryption_keys, f"{KEY},short", "key 2 is not 32 bytes"),
        (parsers.hosts, "https://ops.example.com", "is not the name of a host"),
        (parsers.hosts, "*", "is not the name of a host"),
        (parsers.origins, "ops.example.com", "is not of the form https://host"),
        (parsers.exact_origins, "https://*.example.com", "is not of the form https://host"),
        (parsers.exact_origins, "*", "is not of the form https://host"),
        (parsers.exact_origins, "null", "is not of the form https://host"),
        (parsers.exact_origins, "https://app.example.com/", "is not of the form https://host"),
        (parsers.exact_origins, "https://App.example.com", "in small letters"),
        (parsers.log_level, "loud", "is none of DEBUG, INFO"),
        (parsers.money, "5,00", "is not an amount such as 5.00"),
        (parsers.money, "-5", "is not an amount such as 5.00"),
        (parsers.money, "NaN", "is not an amount such as 5.00"),
        (parsers.bank_account, "GB82 WEST 1234 5698 7654 33", "is not a valid IBAN"),
        (parsers.bank_code, "WEST", "is not a valid BIC"),
    ],
)
def test_says_what_is_wrong(parse: Callable, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text)


def test_a_database_by_its_socket() -> None:
    parsed = parsers.database("postgresql://postgres@/console?host=%2Fvar%2Frun")

    assert parsed["NAME"] == "console"
    assert parsed["HOST"] == ""
    assert parsed["OPTIONS"] == {"host": "/var/run"}
