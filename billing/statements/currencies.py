"""Which currency a statement is in, and whether everything in the file agrees."""

from collections import Counter
from typing import NamedTuple

from billing.statements.faults import Cell, Faults

# The active codes of ISO 4217, without metals, funds and test codes.
_ACTIVE = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)
_DOLLARS = "USD CAD AUD NZD SGD HKD TWD MXN BMD BSD BBD BZD FJD JMD TTD XCD KYD"
_POUNDS = "GBP EGP FKP GIP SHP"
CODES = frozenset(_ACTIVE.split())
# A sign says less than a code: it only has to fit.
SIGNS = {
    "€": frozenset({"EUR"}),
    "£": frozenset(_POUNDS.split()),
    "$": frozenset(_DOLLARS.split()),
}


class Claim(NamedTuple):
    """A place in the file that names the currency, by code or by sign."""

    cell: Cell
    currency: str


def settle(claims: list[Claim], *, chosen: str | None, faults: Faults) -> str:
    """The one currency of the file; everything that speaks against it becomes a fault."""
    known = []
    for claim in claims:
        if claim.currency in CODES or claim.currency in SIGNS:
            known.append(claim)
        elif claim.currency:
            faults.at(claim.cell, f"“{claim.currency}” is no currency code.")
        else:
            faults.at(claim.cell, "The currency is empty.")
    codes = Counter(claim.currency for claim in known if claim.currency in CODES)
    if not codes and any(claim.currency == "€" for claim in known):
        codes["EUR"] = 1
    (told, count), (_, next_count) = [*codes.most_common(2), ("", 0), ("", 0)][:2]
    currency = told or chosen or ""
    if not currency:
        faults.ask(
            "currency",
            Cell(0, "", ""),
            "The file does not say in which currency it is. Choose it.",
        )
    elif chosen and told and told != chosen:
        cell = next(claim.cell for claim in known if claim.currency in (told, "€"))
        faults.at(cell, f"The file is in {told}, not in {chosen} as chosen.")
    is_tie = count == next_count > 0
    for claim in known if currency else ():
        if is_tie or currency not in SIGNS.get(claim.currency, {claim.currency}):
            others = " and ".join(sorted(codes)) if is_tie else currency
            faults.at(claim.cell, f"The file is in {others}. Export one currency at a time.")
    return currency
