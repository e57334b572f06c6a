"""The staff logins of the demo, one for each group. Nothing else ever makes them."""

from console.demo.rows import REASON
from console.groups import ADMINISTRATOR, APPROVER, AUDITOR, FINANCE, SUPPORT
from tenancy.models import User
from tenancy.records import SYSTEM
from tenancy.services import staff

DOMAIN = "igny8.test"
PASSWORD = "demo"  # noqa: S105 - told to everybody; load_demo refuses to run anywhere else
SUPPORT_LOGIN, FINANCE_LOGIN = f"support@{DOMAIN}", f"finance@{DOMAIN}"
LOGINS = {
    SUPPORT_LOGIN: SUPPORT.name,
    FINANCE_LOGIN: FINANCE.name,
    f"approver@{DOMAIN}": APPROVER.name,
    f"auditor@{DOMAIN}": AUDITOR.name,
    f"admin@{DOMAIN}": ADMINISTRATOR.name,
}


def add_staff() -> None:
    for email, group in LOGINS.items():
        user = staff.add(email=email, groups=[group], by=SYSTEM, reason=REASON)
        # Not through the verb: it refuses a password as short as this one.
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])


def working_logins() -> list[str]:
    """The demo's logins that are there and still have the demo's password."""
    users = User.objects.filter(email__in=LOGINS, is_active=True, is_staff=True).order_by("id")
    return [user.email for user in users if user.check_password(PASSWORD)]
