"""What counts as the same login when wrong passwords are counted."""

from django.http import HttpRequest


def login_name(request: HttpRequest, credentials: dict | None) -> str:
    """Return the login as it is compared: e-mail addresses are one whatever their case."""
    name = (credentials or {}).get("username") or (credentials or {}).get("email")
    return str(name or request.POST.get("username", "")).strip().casefold()
