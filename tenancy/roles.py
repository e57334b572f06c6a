"""What a person may do inside their own account: the customer's roles, lowest first."""

from django.db import models


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"
    DEVELOPER = "developer", "Developer"
    SYSTEM_BOT = "system_bot", "System bot"


# system_bot is not on the ladder: it runs automation and outranks nobody.
LADDER = (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER, Role.DEVELOPER)

# The roles that an account's people can hold by somebody's choice. Developer and system_bot
# belong to the company's own staff and are never handed out from a screen.
ASSIGNABLE = (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER)

SEES_ALL_SITES = frozenset({Role.ADMIN, Role.OWNER, Role.DEVELOPER})
# They see those given to them by name. The bot calls for accounts and is given none.
SEES_GIVEN_SITES = frozenset({Role.VIEWER, Role.EDITOR})


def at_least(role: str, minimum: str) -> bool:
    """Whether `role` stands at or above `minimum`; never where one of them is off the ladder."""
    return role in LADDER and minimum in LADDER and LADDER.index(role) >= LADDER.index(minimum)
