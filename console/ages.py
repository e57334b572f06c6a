"""How long ago, how long until: in the one unit that matters."""

from datetime import date, datetime, timedelta

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONTHS_FROM = 60  # days


def span_text(span: timedelta) -> str:
    """“45 minutes”, “20 hours”, “12 days”, “3 months”; rounded down, never below a minute."""
    seconds = abs(span.total_seconds())
    if seconds < HOUR:
        return _of(max(1, int(seconds // MINUTE)), "minute")
    if seconds < 2 * DAY:
        return _of(int(seconds // HOUR), "hour")
    days = int(seconds // DAY)
    return _of(days, "day") if days < MONTHS_FROM else _of(days // 30, "month")


def age_text(moment: datetime, *, now: datetime) -> str:
    """“3 days ago”, or “in 3 days” when it lies ahead."""
    text = span_text(now - moment)
    return f"{text} ago" if moment <= now else f"in {text}"


def day_text(day: date, *, today: date) -> str:
    """“today”, “yesterday”, “tomorrow”, “3 days ago”, “in 2 months”."""
    away = (day - today).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if away in near:
        return near[away]
    text = span_text(timedelta(days=away))
    return f"{text} ago" if away < 0 else f"in {text}"


def _of(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
