"""How figures, money and times read in the console's own pages."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone

from billing.models import Operation
from console.ages import age_text, span_text
from console.audit_kinds import door_label, words_of

register = template.Library()


@register.filter
def figure(value: int | None) -> str:
    """`1454` reads “1,454”."""
    return "–" if value is None else f"{value:,}"


@register.filter
def signed(value: int) -> str:
    """With its sign, and a minus as wide as the plus: “+2,000”, “−2”."""
    return f"{value:+,}".replace("-", "−")


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    return "–" if amount is None else f"{amount:,.2f} {currency}"


@register.filter
def moment(value: datetime | date | None) -> str:
    """UTC; the page says so once."""
    if value is None:
        return "–"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else f"{value:%Y-%m-%d}"


@register.filter
def age(value: datetime | None) -> str:
    return age_text(value, now=timezone.now()) if value else ""


@register.filter
def span(value: timedelta) -> str:
    return span_text(value)


@register.filter
def verb(code: str) -> str:
    """`credits_granted` reads “Credits granted”, as in the audit trail."""
    return words_of(code)


@register.filter
def door(code: str) -> str:
    return door_label(code)


@register.filter
def operation(code: str) -> str:
    """`image_generation` reads “Image generation”, as does an operation nobody has heard of."""
    return dict(Operation.choices).get(code) or code.replace("_", " ").capitalize()
