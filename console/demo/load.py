"""Loading the demo: all of it in one transaction, into a database without customers."""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from billing.services.money_proof import prove_money
from billing.services.proof import prove_ledger
from console.demo.customers import add_customers
from console.demo.desk import add_desk
from console.demo.ledger import add_ledger
from console.demo.paid_months import add_paid_months
from console.demo.plans import PLANS, add_plans
from console.demo.sites import add_sites
from console.demo.staff import add_staff
from console.demo.statement import add_statement
from console.demo.transfers import add_transfers
from tenancy.errors import ServiceError
from tenancy.models import Account, Industry, Plan, Site, User
from tenancy.services import mails

# Any number that no other advisory lock of ours has.
LOADING = 20251208


class DemoIsOff(ServiceError):
    code = "demo_is_off"


class NotEmpty(ServiceError):
    code = "not_empty"


def refuse_outside_demo() -> None:
    if not settings.DEMO:
        raise DemoIsOff(
            "The demo has passwords that everybody knows. It is loaded only with IGNY8_DEMO=1."
        )


def what_is_there() -> list[str]:
    """What stands in the demo's way, in words; empty when nothing does.

    The plan of new trials may be there already: it is kept as it is.
    """
    plans = Plan.objects.filter(
        Q(pk__in=[plan.id for plan in PLANS]) | Q(slug__in=[plan.slug for plan in PLANS])
    )
    found = {
        "accounts": Account.objects.count(),
        "users": User.objects.count(),
        "sites": Site.objects.count(),
        "industries": Industry.objects.count(),
        "plans with a demo plan's id or slug": plans.count(),
    }
    return [f"{number:,} {name}" for name, number in found.items() if number]


@transaction.atomic
def load(*, now: datetime) -> None:
    """Load the demo with its past counted back from `now`.

    Raises DemoIsOff, and NotEmpty when the database holds customers, staff or the demo itself.
    """
    refuse_outside_demo()
    with connection.cursor() as cursor:
        # A second load waits here until the first one's rows can be seen.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOADING])
    if found := what_is_there():
        raise NotEmpty(
            f"The database is not empty: {', '.join(found)}. Nothing was loaded. "
            "Load the demo into an empty one."
        )
    # Nobody is behind the demo's addresses.
    with mails.held_back():
        add_plans()
        add_customers(now=now)
        add_sites(now=now)
        add_ledger(now=now)
        add_staff()
        add_paid_months(now=now)
        add_transfers(now=now)
        add_statement(now=now)
        add_desk(now=now)
    prove_ledger(now=now)
    prove_money(now=now)
