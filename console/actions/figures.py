"""How credits, money and times read in sentences and tables of the console."""

from datetime import datetime
from decimal import Decimal


def credits_text(amount: int) -> str:
    """`1454` reads “1,454”."""
    return f"{amount:,}"


def money_text(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}"


def moment_text(moment: datetime | None) -> str:
    """Date and time in UTC, as everywhere in the console."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "no end"
