"""Who has a whole IPv6 network counts once, not once for each address in it."""

import pytest

from tenancy.addresses import counted_as


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("unknown", "unknown"),
        ("", ""),
        (None, None),
    ],
)
def test_what_an_address_counts_as(address: str | None, counts_as: str | None) -> None:
    assert counted_as(address) == counts_as
