"""From an audit event to the page of what it was about."""

from django.urls import NoReverseMatch, reverse

from tenancy.models import AuditEvent

APPS = ("tenancy", "billing", "auth", "console")


def page_of_target(event: AuditEvent) -> str:
    """The address of the target's page; empty when it has none or nothing came about."""
    if not event.target_id:
        return ""
    for app_label in APPS:
        try:
            return reverse(f"admin:{app_label}_{event.target_type}_change", args=(event.target_id,))
        except NoReverseMatch:
            continue
    return ""
