"""What a site's WordPress plugin reports."""

from tenancy.models import Site, SyncEvent


def report(*, site: Site, facts: dict[str, object]) -> SyncEvent:
    """Keep one report; `facts` are checked values of the model's fields."""
    return SyncEvent.objects.create(account_id=site.account_id, site=site, **facts)
