"""Whose an address is, where wrong passwords and anonymous calls are counted by it."""

from ipaddress import IPv6Address, ip_address

HOST_BITS = 64  # of an IPv6 address: any customer of a provider has so many addresses, or more


def counted_as(address: str | None) -> str | None:
    """The address that counts for this one: of IPv6 the network's first (/64), IPv4 as it is."""
    try:
        parsed = ip_address(address or "")
    except ValueError:  # on a socket there is none
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> HOST_BITS << HOST_BITS))
