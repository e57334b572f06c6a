"""The people of the accounts. Console staff belong to none and are counted apart."""

from console.survey.figures import PEOPLE, Figures
from console.survey.markdown import bullets, count, number, table, verdict
from tenancy.models import User
from tenancy.roles import Role

COLUMNS = ("ID", "Email", "Role", "Account", "Superuser")
HIGHEST_FIRST = (
    Role.DEVELOPER,
    Role.OWNER,
    Role.ADMIN,
    Role.EDITOR,
    Role.VIEWER,
    Role.SYSTEM_BOT,
)


def section(figures: Figures, *, sample: int) -> list[str]:
    users = (
        User.objects.filter(PEOPLE)
        .select_related("account")
        .only("email", "role", "is_superuser", "account__slug")
        .order_by("id")[:sample]
    )
    return [
        "## Existing Users & Roles",
        *table(COLUMNS, [_row(user) for user in users]),
        f"Total Users: {number(figures.users['total'])}",
        "",
        f"Console staff: {number(figures.users['console_staff'])}",
        "### User Role Distribution",
        *bullets(_role(role, figures) for role in HIGHEST_FIRST),
        "### User → Account Relationship",
        "",
        verdict(
            not figures.users["without_account"],
            "All users have accounts assigned",
            f"{count(figures.users['without_account'], 'user')} without an account",
        ),
    ]


def _row(user: User) -> tuple[object, ...]:
    return (
        user.pk,
        user.email,
        user.role,
        user.account and user.account.slug,
        "✅ Yes" if user.is_superuser else "No",
    )


def _role(role: Role, figures: Figures) -> str:
    people = count(figures.users[role], role.label.lower())
    all_superusers = figures.users[role] and not figures.users["ordinary_developers"]
    return f"{people} (superuser)" if role == Role.DEVELOPER and all_superusers else people
